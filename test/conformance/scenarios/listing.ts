/**
 * Finding things again: jobs by status and filter, in pages; definitions, queues, compute
 * environments; tags.
 */
import { expect, test } from 'vitest'
import { reach, register, type Setting, submit } from './setting.ts'

export function exerciseListing(given: () => Setting): void {
  test('jobs are listed by status and by filter, a page at a time', async () => {
    const { asUser } = given()
    const definition = await register(given(), 'listed', 'exit 0')
    const ids: string[] = []
    for (const jobName of ['listed-a', 'listed-b', 'listed-c']) ids.push(await submit(given(), definition, { jobName }))
    for (const id of ids) await reach(given(), id, 'SUCCEEDED')

    const succeeded = await asUser.batch('ListJobs', { jobQueue: 'default', jobStatus: 'SUCCEEDED', maxResults: 1000 })
    expect(succeeded.jobSummaryList!.map((job) => job.jobId)).toEqual(expect.arrayContaining(ids))
    const running = await asUser.batch('ListJobs', { jobQueue: 'default' })
    expect(running.jobSummaryList!.filter((job) => job.status !== 'RUNNING')).toEqual([])

    const filters = [{ name: 'JOB_NAME', values: ['LISTED-*'] }]
    const found: string[] = []
    let nextToken: string | undefined
    do {
      const page = await asUser.batch('ListJobs', {
        ...{ jobQueue: 'default', filters, maxResults: 2 },
        ...(nextToken && { nextToken }),
      })
      expect(page.jobSummaryList!.length).toBeLessThanOrEqual(2)
      found.push(...page.jobSummaryList!.map((job) => job.jobId!))
      nextToken = page.nextToken
    } while (nextToken)
    expect(found.sort()).toEqual(ids.sort())
  })

  test('definitions are found by name, and not used once deregistered', async () => {
    const { asUser } = given()
    const revisions = [await register(given(), 'revised', 'echo 1'), await register(given(), 'revised', 'echo 2')]
    expect(revisions).toEqual(['revised:1', 'revised:2'])
    await asUser.batch('DeregisterJobDefinition', { jobDefinition: 'revised:1' })
    const active = await asUser.batch('DescribeJobDefinitions', { jobDefinitionName: 'revised', status: 'ACTIVE' })
    expect(active.jobDefinitions!.map((definition) => definition.revision)).toEqual([2])
    const all = await asUser.batch('DescribeJobDefinitions', {
      jobDefinitions: ['revised:1', 'revised:2', 'nothing:1'],
    })
    expect(new Set(all.jobDefinitions!.map(({ revision, status }) => `${revision} ${status}`))).toEqual(
      new Set(['1 INACTIVE', '2 ACTIVE']),
    )
  })

  test('a new installation has a queue and a compute environment', async () => {
    const { asUser } = given()
    const { jobQueues } = await asUser.batch('DescribeJobQueues', { jobQueues: ['default', 'nothing'] })
    expect(jobQueues).toMatchObject([
      {
        jobQueueName: 'default',
        jobQueueArn: 'arn:aws:batch:us-west-2:123456789012:job-queue/default',
        state: 'ENABLED',
        status: 'VALID',
        statusReason: 'JobQueue Healthy',
      },
    ])
    const { computeEnvironments } = await asUser.batch('DescribeComputeEnvironments', {})
    expect(computeEnvironments).toMatchObject([
      {
        computeEnvironmentName: 'default',
        type: 'MANAGED',
        state: 'ENABLED',
        status: 'VALID',
        computeResources: { type: 'SPOT', bidPercentage: 50, maxvCpus: 128, instanceTypes: ['optimal'] },
      },
    ])
  })

  test('tags are set, added, read and removed', async () => {
    const { asUser } = given()
    const definition = await register(given(), 'tagged', 'true', { tags: { lab: 'doe_j', 'with space': 'a/b:c=d+e' } })
    const { jobDefinitions } = await asUser.batch('DescribeJobDefinitions', { jobDefinitions: [definition] })
    const resourceArn = jobDefinitions![0]!.jobDefinitionArn!
    await asUser.batch('TagResource', { resourceArn, tags: { project: 'x', lab: 'roe_r' } })
    expect(await asUser.batch('ListTagsForResource', { resourceArn })).toEqual({
      tags: { lab: 'roe_r', 'with space': 'a/b:c=d+e', project: 'x' },
    })
    await asUser.batch('UntagResource', { resourceArn, tagKeys: ['lab', 'with space'] })
    expect(await asUser.batch('ListTagsForResource', { resourceArn })).toEqual({ tags: { project: 'x' } })

    const jobId = await submit(given(), definition, { tags: { run: '7' }, propagateTags: true })
    expect((await reach(given(), jobId, 'SUCCEEDED')).tags).toEqual({ run: '7' })
  })
}
