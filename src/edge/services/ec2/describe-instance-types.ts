/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html */
import { ec2Hosts, ec2InstanceTypes } from '../../../core/instance/ec2.ts'
import { filtered, typeFacts } from '../../../core/instance/ec2-filters.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { complainOfNumber, ec2Refusal, pageOf } from './page.ts'

export const describeInstanceTypes = defineOperation('ec2', 'DescribeInstanceTypes', {
  resource: () => '*',
  handle(input, { backend }) {
    const tooMany = complainOfNumber('instanceType', input.InstanceTypes, limits.ec2InstanceTypes)
    if (tooMany) return tooMany
    const all = ec2InstanceTypes(ec2Hosts(backend.loop.state))
    const { InstanceTypes: names, Filters = [] } = input
    const unknown = names?.filter((name) => !all.some(({ InstanceType }) => InstanceType === name)) ?? []
    if (unknown.length > 0) {
      const text = `The following supplied instance types do not exist: [${unknown.map((name) => name.slice(0, 64)).join(', ')}]`
      return ec2Refusal('InvalidInstanceType', text)
    }
    const asked = names ? all.filter(({ InstanceType = '' }) => names.includes(InstanceType)) : all
    const found = filtered(asked, Filters, typeFacts)
    if (isRefusal(found)) return found
    const answer = pageOf(input, found, ({ InstanceType = '' }) => InstanceType, limits.ec2InstanceTypesPage)
    if (isRefusal(answer)) return answer
    const { page, ...more } = answer
    return { InstanceTypes: page, ...more }
  },
})
