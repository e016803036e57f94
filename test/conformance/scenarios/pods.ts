/**
 * Pods on an EKS compute environment: init containers come first, and each container's output is
 * kept.
 */
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { logGroupName, logLines, reach, register, type Setting } from './setting.ts'

/** Only clients since 2024 know `initContainers`. */
export function exercisePods(given: () => Setting): void {
  test('a pod runs its init container, then its containers, on an EKS queue', async () => {
    const jobQueue = await makeQueue(given())
    const resources = { limits: { cpu: '0.5', memory: '64Mi' } }
    const volumeMounts = [{ name: 'work', mountPath: '/tmp' }]
    const file = '"$' + '{TMPDIR:-/tmp}/fetched"'
    const container = (name: string, script: string) => ({
      ...{ name, image: given().image, command: ['sh', '-c'], args: [script], resources, volumeMounts },
    })
    const jobDefinition = await register(given(), 'pod', '', {
      eksProperties: {
        podProperties: {
          initContainers: [container('fetch', `echo fetching; sleep 1; echo data > ${file}`)],
          containers: [container('left', `cat ${file}; sleep 1`), container('right', `cat ${file}; exit $CODE`)],
          volumes: [{ name: 'work', emptyDir: {} }],
        },
      },
    })
    const { jobId } = await given().asUser.batch('SubmitJob', {
      ...{ jobName: 'pod', jobQueue, jobDefinition },
      eksPropertiesOverride: {
        podProperties: { containers: [{ name: 'right', image: given().image, env: [{ name: 'CODE', value: '6' }] }] },
      },
    })
    const job = await reach(given(), jobId!, 'FAILED')
    const [attempt] = job.eksAttempts!
    expect(attempt).toMatchObject({
      initContainers: [{ name: 'fetch', exitCode: 0 }],
      containers: [
        { name: 'left', exitCode: 0 },
        { name: 'right', exitCode: 6 },
      ],
      podName: expect.stringMatching(/^aws-batch\./),
    })
    const { logStreams } = await given().asUser.logs('DescribeLogStreams', {
      logGroupName,
      logStreamNamePrefix: 'pod/',
    })
    const written = await Promise.all(
      logStreams!.map(async ({ logStreamName }) => [
        logStreamName!.split('/')[1],
        await logLines(given(), logStreamName!),
      ]),
    )
    expect(Object.fromEntries(written)).toEqual({ fetch: ['fetching'], left: ['data'], right: ['data'] })
  })
}

async function makeQueue({ asAdministrator: { batch } }: Setting): Promise<string> {
  const name = 'pods'
  await batch('CreateComputeEnvironment', {
    ...{ computeEnvironmentName: name, type: 'MANAGED' },
    computeResources: {
      ...{ type: 'EC2', minvCpus: 0, maxvCpus: 4, instanceTypes: ['optimal'], instanceRole: 'eksInstanceRole' },
      ...{ subnets: ['subnet-0a'], securityGroupIds: ['sg-0b'] },
    },
    eksConfiguration: {
      eksClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/lab',
      kubernetesNamespace: 'lab',
    },
  })
  await eventually('the environment of EKS is VALID', async () => {
    const { computeEnvironments } = await batch('DescribeComputeEnvironments', { computeEnvironments: [name] })
    return computeEnvironments![0]?.status === 'VALID'
  })
  const computeEnvironmentOrder = [{ order: 1, computeEnvironment: name }]
  await batch('CreateJobQueue', { jobQueueName: name, priority: 1, computeEnvironmentOrder })
  return name
}
