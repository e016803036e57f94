/** How a container’s vCPUs limit it, as the container itself sees it. Needs real containers. */
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { logLines, reach, register, type Setting, submit } from '../scenarios/setting.ts'

export const cpuRow = 29

/**
 * Prints the limit of its control group, in microseconds of each 100,000, or the text for no limit;
 * in cgroup v2 and v1.
 */
const readQuota = 'cat /sys/fs/cgroup/cpu.max 2>/dev/null || cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us'

export function exerciseCpu(given: () => Setting): void {
  test(`15.${cpuRow} vCPUs are a share of the CPU on EC2, and a cap only on Fargate`, async () => {
    const definition = await register(given(), 'quota', readQuota)
    expect(await quota(given(), definition, 'default')).toMatch(/^(max 100000|-1)$/)

    const onFargate = await register(given(), 'quota-on-fargate', readQuota, {
      platformCapabilities: ['FARGATE'],
      containerProperties: {
        ...{ image: given().image, command: ['sh', '-c', readQuota] },
        executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
        resourceRequirements: [
          { type: 'VCPU', value: '0.5' },
          { type: 'MEMORY', value: '1024' },
        ],
      },
    })
    expect(await quota(given(), onFargate, await fargateQueue(given()))).toMatch(/^50000( 100000)?$/)
  })
}

async function quota(setting: Setting, definition: string, jobQueue: string): Promise<string> {
  const { container } = await reach(setting, await submit(setting, definition, { jobQueue }), 'SUCCEEDED')
  const [line] = await logLines(setting, container!.logStreamName!)
  return line!
}

async function fargateQueue({ asAdministrator: { batch } }: Setting): Promise<string> {
  const name = 'fargate'
  await batch('CreateComputeEnvironment', {
    ...{ computeEnvironmentName: name, type: 'MANAGED' },
    computeResources: { type: 'FARGATE', maxvCpus: 1, subnets: ['subnet-0a'], securityGroupIds: ['sg-0b'] },
  })
  await eventually('the Fargate environment is VALID', async () => {
    const { computeEnvironments } = await batch('DescribeComputeEnvironments', { computeEnvironments: [name] })
    return computeEnvironments![0]?.status === 'VALID'
  })
  const computeEnvironmentOrder = [{ order: 1, computeEnvironment: name }]
  await batch('CreateJobQueue', { jobQueueName: name, priority: 1, computeEnvironmentOrder })
  return name
}
