/**
 * What programs ask other services before they start or when they end: the machine of a task, as
 * Nextflow does, a parameter, a secret.
 */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { openbatchCommand } from '../../support/openbatch-server.ts'
import { describeJob, reach, register, type Setting, submit } from './setting.ts'

export function exerciseSmallAnswers(given: () => Setting): void {
  test('the instance of a task is found by way of its cluster, while it runs and when it has ended', async () => {
    const { asUser } = given()
    const { jobQueues } = await asUser.batch('DescribeJobQueues', { jobQueues: ['default'] })
    const environments = jobQueues![0]!.computeEnvironmentOrder!.map((each) => each.computeEnvironment!)
    const described = await asUser.batch('DescribeComputeEnvironments', { computeEnvironments: environments })
    const cluster = described.computeEnvironments![0]!.ecsClusterArn!
    const jobId = await submit(given(), await register(given(), 'machine', 'exit 3'))
    await reach(given(), jobId, 'FAILED')
    const taskArn = (await describeJob(given(), jobId)).container!.taskArn!
    const { tasks } = await asUser.small('ecs', 'DescribeTasks', { cluster, tasks: [taskArn] })
    expect(tasks).toMatchObject([{ taskArn, lastStatus: 'STOPPED', containers: [{ exitCode: 3 }] }])
    const { containerInstances } = await asUser.small('ecs', 'DescribeContainerInstances', {
      ...{ cluster, containerInstances: [tasks![0]!.containerInstanceArn!] },
    })
    const { ec2InstanceId = '' } = containerInstances![0]!
    const { Reservations } = await asUser.small('ec2', 'DescribeInstances', { InstanceIds: [ec2InstanceId] })
    const [instance] = Reservations![0]!.Instances!
    expect(instance).toMatchObject({ InstanceId: ec2InstanceId, State: { Name: 'running' } })
    const { InstanceTypes } = await asUser.small('ec2', 'DescribeInstanceTypes', {
      InstanceTypes: [instance!.InstanceType!],
      Filters: [{ Name: 'instance-type', Values: ['openbatch.*'] }],
    })
    expect(InstanceTypes).toMatchObject([{ VCpuInfo: { DefaultVCpus: instance!.CpuOptions!.CoreCount } }])
  })

  test('what is not there is told in each service’s own words', async () => {
    const { asUser } = given()
    await expect(
      asUser.small('ec2', 'DescribeInstances', { InstanceIds: ['i-0123456789abcdef0'] }),
    ).rejects.toMatchObject({
      ...{ code: 'InvalidInstanceID.NotFound', message: "The instance ID 'i-0123456789abcdef0' does not exist" },
    })
    await expect(asUser.small('ec2', 'DescribeInstanceTypes', { InstanceTypes: ['m5.large'] })).rejects.toMatchObject({
      ...{ code: 'InvalidInstanceType', message: 'The following supplied instance types do not exist: [m5.large]' },
    })
    await expect(asUser.small('ecs', 'DescribeTasks', { tasks: ['x'] })).rejects.toMatchObject({
      ...{ code: 'ClusterNotFoundException', message: 'Cluster not found.' },
    })
  })

  test('parameters and secrets are the operator’s, and are read by those whose policies say so', async () => {
    const { asUser, asAdministrator, server } = given()
    const set = (name: string, value: string, ...more: string[]) =>
      execFileSync(openbatchCommand, ['secret', 'set', name, ...more, '--data-dir', server.dataDir], { input: value })
    set('/lab/token', 'hidden')
    set('/lab/region', 'shown', '--plain')
    const Names = ['/lab/token', '/lab/region', '/lab/none']
    const locked = await asAdministrator.small('ssm', 'GetParameters', { Names })
    expect(locked.Parameters!.map(({ Type }) => Type)).toEqual(['SecureString', 'String'])
    expect(locked.Parameters!.map(({ Value }) => Value)).toEqual([expect.not.stringContaining('hidden'), 'shown'])
    expect(locked.InvalidParameters).toEqual(['/lab/none'])
    const open = await asAdministrator.small('ssm', 'GetParameter', { Name: '/lab/token', WithDecryption: true })
    expect(open.Parameter).toMatchObject({ Value: 'hidden', Version: 1 })
    const secret = await asAdministrator.small('secretsmanager', 'GetSecretValue', { SecretId: '/lab/token' })
    expect(secret).toMatchObject({ SecretString: 'hidden', VersionStages: ['AWSCURRENT'] })
    const again = { SecretId: secret.ARN!, VersionId: secret.VersionId! }
    expect(await asAdministrator.small('secretsmanager', 'GetSecretValue', again)).toMatchObject({
      SecretString: 'hidden',
    })
    await expect(asAdministrator.small('ssm', 'GetParameter', { Name: '/lab/none' })).rejects.toMatchObject({
      code: 'ParameterNotFound',
    })
    const none = asAdministrator.small('secretsmanager', 'GetSecretValue', { SecretId: 'none' })
    await expect(none).rejects.toMatchObject({
      ...{ code: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." },
    })
    await expect(asUser.small('ssm', 'GetParameter', { Name: '/lab/token' })).rejects.toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining('not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:'),
    })
    const Action = ['ssm:GetParameter', 'secretsmanager:GetSecretValue']
    const Resource = ['arn:aws:ssm:*:*:parameter/lab/token', 'arn:aws:secretsmanager:*:*:secret:/lab/token-??????']
    await asAdministrator.iam('PutUserPolicy', {
      ...{ UserName: 'jdoe', PolicyName: 'reads-one' },
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource } }),
    })
    const own = await asUser.small('ssm', 'GetParameter', { Name: '/lab/token', WithDecryption: true })
    expect(own.Parameter!.Value).toBe('hidden')
    expect(await asUser.small('secretsmanager', 'GetSecretValue', { SecretId: '/lab/token' })).toMatchObject({
      SecretString: 'hidden',
    })
    await expect(asUser.small('ssm', 'GetParameter', { Name: '/lab/region' })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
  })
}
