/** SubmitJob: the job shows each of its members. */
import type { Client } from '../clients/client.ts'
import { base, container, nodes, pod, task } from './job-definition.ts'
import type { MemberPath } from './member-paths.ts'
import { refusalOf, type Subject, sameMembers } from './subject.ts'

const old = { image: 'i', vcpus: 1, memory: 64 }

/** Registers what the submissions refer to. */
export async function registerForJobs(client: Client): Promise<void> {
  const definitions = {
    container: { ...base, containerProperties: container },
    'old-members': { ...base, containerProperties: old },
    task: { ...base, ecsProperties: { taskProperties: [task] } },
    pod: { ...base, eksProperties: { podProperties: pod } },
    nodes: nodes({ container }),
    'nodes-of-old-members': nodes({ container: old }),
    'nodes-of-tasks': nodes({ ecsProperties: { taskProperties: [task] } }),
    'nodes-of-pods': nodes({ eksProperties: { podProperties: pod } }),
  }
  for (const [jobDefinitionName, definition] of Object.entries(definitions))
    await client.batch('RegisterJobDefinition', { ...definition, jobDefinitionName } as never)
}

const job = { jobName: 'under-test', jobQueue: 'parked', jobDefinition: 'container' }
const of = (jobDefinition: string, fits: RegExp) => ({
  request: { ...job, jobDefinition },
  fits: ({ text }: MemberPath) => fits.test(text),
})
const legacy = /verrides\.(vcpus|memory)$/

/** `waiting` is a job that has not ended, for others to depend on. */
export function jobSubject(waiting: string): Subject {
  return {
    input: 'SubmitJobRequest',
    meanings: { 'JobDependency.jobId': [waiting], 'ResourceRequirement.type': ['GPU'] },
    requests: [
      {
        request: job,
        fits: ({ text }) => !/^(node|ecs|eks|dependsOn|share|schedulingPriority)/.test(text) && !legacy.test(text),
      },
      { request: { ...job, dependsOn: [{ jobId: waiting }] }, fits: ({ text }) => text.startsWith('dependsOn') },
      {
        request: { ...job, jobQueue: 'parked-shares', shareIdentifier: 'base', schedulingPriorityOverride: 0 },
        fits: ({ text }) => /^(share|schedulingPriority)/.test(text),
      },
      of('old-members', /^containerOverrides\.(vcpus|memory)$/),
      of('task', /^ecsProp/),
      of('pod', /^eksProp/),
      of('nodes', /^nodeOverrides((?!ecsProp|eksProp|instanceTypes|\.vcpus|\.memory).)*$|Overrides\.instanceType$/),
      of('nodes-of-old-members', /^nodeOverrides.*\.(vcpus|memory)$/),
      of('nodes-of-tasks', /^nodeOverrides.*(ecsProp|instanceTypes)/),
      of('nodes-of-pods', /^nodeOverrides.*eksProp/),
    ],
    async send(client, request) {
      let jobId = ''
      const refused = await refusalOf(
        client.batch('SubmitJob', request as never).then((answer) => {
          jobId = answer.jobId!
        }),
      )
      if (refused !== undefined) return [{ in: 'SubmitJob', refused }]
      const { jobs } = await client.batch('DescribeJobs', { jobs: [jobId] })
      return [{ in: 'DescribeJobs', answer: jobs![0], members: membersOfJob }]
    },
  }
}

const shownAs: Readonly<Record<string, readonly string[]>> = {
  containerOverrides: ['container'],
  ecsPropertiesOverride: ['ecsProperties'],
  eksPropertiesOverride: ['eksProperties'],
  nodeOverrides: ['nodeProperties'],
  nodePropertyOverrides: ['nodeRangeProperties'],
  consumableResourcePropertiesOverride: ['consumableResourceProperties'],
  schedulingPriorityOverride: ['schedulingPriority'],
}

function membersOfJob(path: MemberPath): readonly string[] {
  return sameMembers(path).flatMap((member) => shownAs[member] ?? [member])
}
