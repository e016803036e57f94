/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
import { hostname, networkInterfaces } from 'node:os'
import { ec2Hosts, ec2Instance } from '../../../core/instance/ec2.ts'
import { filtered, instanceFacts } from '../../../core/instance/ec2-filters.ts'
import type { Instance } from '../../../model/generated/ec2.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal, type Refusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { complainOfNumber, ec2Refusal, pageOf } from './page.ts'

export const describeInstances = defineOperation('ec2', 'DescribeInstances', {
  resource: () => '*',
  handle(input, { backend }) {
    const { state } = backend.loop
    const { InstanceIds: ids, Filters = [] } = input
    const tooMany = complainOfNumber('instancesSet', ids, limits.ec2InstanceIds)
    if (tooMany) return tooMany
    if (ids && input.MaxResults !== undefined) {
      const text = 'The parameter instancesSet cannot be used with the parameter maxResults'
      return ec2Refusal('InvalidParameterCombination', text)
    }
    const addressOf = addresses()
    const all = ec2Hosts(state).map((host) => ec2Instance(state, host, addressOf))
    const asked = ids ? named(all, ids) : all
    const found = isRefusal(asked) ? asked : filtered(asked, Filters, instanceFacts)
    if (isRefusal(found)) return found
    const answer = pageOf(input, found, ({ InstanceId = '' }) => InstanceId, limits.ec2InstancesPage)
    if (isRefusal(answer)) return answer
    const { page, ...more } = answer
    return {
      Reservations: page.map((instance) => ({
        ReservationId: `r-${instance.InstanceId!.slice(2)}`,
        OwnerId: backend.account,
        Instances: [instance],
      })),
      ...more,
    }
  },
})

function named(all: readonly Instance[], ids: readonly string[]): Instance[] | Refusal {
  const malformed = ids.find((id) => !/^i-[0-9a-f]{8,17}$/.test(id))
  if (malformed !== undefined)
    return ec2Refusal('InvalidInstanceID.Malformed', `Invalid id: "${malformed.slice(0, 255)}"`)
  const known = new Set(all.map(({ InstanceId }) => InstanceId))
  const unknown = [...new Set(ids)].filter((id) => !known.has(id))
  if (unknown.length === 1)
    return ec2Refusal('InvalidInstanceID.NotFound', `The instance ID '${unknown[0]}' does not exist`)
  if (unknown.length > 1)
    return ec2Refusal('InvalidInstanceID.NotFound', `The instance IDs '${unknown.join(', ')}' do not exist`)
  const wanted = new Set(ids)
  return all.filter(({ InstanceId = '' }) => wanted.has(InstanceId))
}

/** Only this machine's address is known without asking anybody. */
function addresses(): (hostName: string) => string | undefined {
  const here = hostname()
  let own: string | undefined
  return (hostName) => {
    if (hostName !== here) return undefined
    own ??= Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address
    return own
  }
}
