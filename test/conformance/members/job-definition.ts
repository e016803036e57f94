/**
 * RegisterJobDefinition: what is registered is described, and a job of it either is described too
 * or is refused.
 */
import type { RegisterJobDefinitionRequest } from '../../../src/model/generated/batch.ts'
import type { Client } from '../clients/client.ts'
import type { MemberPath } from './member-paths.ts'
import { refusalOf, type Shown, type Subject, sameMembers, startsWith } from './subject.ts'

const resourceRequirements = [
  { type: 'VCPU', value: '1' },
  { type: 'MEMORY', value: '64' },
] as const
const role = 'arn:aws:iam::123456789012:role/base'
export const container = {
  ...{ image: 'i', resourceRequirements },
  ...{ executionRoleArn: role, jobRoleArn: role, volumes: [{ name: 'v1' }] },
}
const onFargate = [
  { type: 'VCPU', value: '0.5' },
  { type: 'MEMORY', value: '1024' },
] as const
const side = { name: 'side', image: 'i', resourceRequirements, essential: false }
export const task = {
  containers: [{ name: 'main', image: 'i', resourceRequirements }, side],
  ...{ executionRoleArn: role, taskRoleArn: role, volumes: [{ name: 'v1' }] },
}
const podContainer = { name: 'main', image: 'i', resources: { limits: { cpu: '1', memory: '64Mi' } } }
export const pod = {
  containers: [podContainer],
  initContainers: [{ ...podContainer, name: 'first' }],
  volumes: [{ name: 'v1' }],
}

export function nodes(kind: object): RegisterJobDefinitionRequest {
  const nodeRangeProperties = [
    { targetNodes: '0:', ...kind },
    { targetNodes: '1:', ...kind },
  ]
  return { ...base, type: 'multinode', nodeProperties: { numNodes: 2, mainNode: 0, nodeRangeProperties } }
}

export const base = { jobDefinitionName: 'under-test', type: 'container' } as const
const fargate = { ...base, platformCapabilities: ['FARGATE'] }

export const jobDefinitionSubject: Subject = {
  input: 'RegisterJobDefinitionRequest',
  requests: [
    {
      request: { ...base, containerProperties: container },
      fits: ({ text }) => !/^(ecs|eks|node)Properties/.test(text),
    },
    {
      request: { ...fargate, containerProperties: { ...container, resourceRequirements: onFargate } },
      fits: startsWith('containerProperties'),
    },
    { request: { ...base, ecsProperties: { taskProperties: [task] } }, fits: startsWith('ecsProperties') },
    {
      request: {
        ...fargate,
        ecsProperties: {
          taskProperties: [{ ...task, containers: [{ ...task.containers[0], resourceRequirements: onFargate }] }],
        },
      },
      fits: startsWith('ecsProperties'),
    },
    { request: { ...base, eksProperties: { podProperties: pod } }, fits: startsWith('eksProperties') },
    {
      request: { ...nodes({ container }) },
      fits: ({ text }) => /^nodeProperties/.test(text) && !/\.(ecs|eks)Prop/.test(text),
    },
    {
      request: { ...nodes({ ecsProperties: { taskProperties: [task] } }) },
      fits: ({ text }) => /^nodeProperties.*\.(ecsProp|instanceTypes)/.test(text),
    },
    {
      request: { ...nodes({ eksProperties: { podProperties: pod } }) },
      fits: ({ text }) => /^nodeProperties.*\.eksProp/.test(text),
    },
  ],
  async send(client, request) {
    const shown: Shown[] = []
    let jobDefinition = ''
    const refused = await refusalOf(
      client.batch('RegisterJobDefinition', request as never).then(({ jobDefinitionArn }) => {
        jobDefinition = jobDefinitionArn!
      }),
    )
    if (refused !== undefined) return [{ in: 'RegisterJobDefinition', refused }]
    const described = await client.batch('DescribeJobDefinitions', { jobDefinitions: [jobDefinition] })
    shown.push({ in: 'DescribeJobDefinitions', answer: described.jobDefinitions![0], members: sameMembers })
    const isFargate = (request.platformCapabilities as string[] | undefined)?.includes('FARGATE')
    shown.push(await submitted(client, { jobDefinition, jobQueue: isFargate ? 'parked-fargate' : 'parked' }))
    return shown
  },
}

async function submitted(client: Client, rest: { jobDefinition: string; jobQueue: string }): Promise<Shown> {
  let jobId = ''
  const submission = client.batch('SubmitJob', { jobName: 'under-test', ...rest }).then((answer) => {
    jobId = answer.jobId!
  })
  const refused = await refusalOf(submission)
  if (refused !== undefined) return { in: 'SubmitJob', refused }
  const { jobs } = await client.batch('DescribeJobs', { jobs: [jobId] })
  return { in: 'DescribeJobs', answer: jobs![0], members: membersOfJob }
}

/** A job shows the members of its definition, except those that belong to the definition alone. */
function membersOfJob(path: MemberPath): readonly string[] | undefined {
  const [first, ...rest] = sameMembers(path)
  if (first === 'containerProperties') return ['container', ...rest]
  if (first === 'jobDefinitionName') return ['jobDefinition']
  // The member that holds the workload shows a job’s type. Tags belong to the resource they are
  // given to (docs/aws §11).
  return first === 'type' || first === 'tags' ? undefined : [first!, ...rest]
}
