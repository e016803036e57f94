/**
 * Reading what jobs wrote: pages in both directions, searching, and the lists of streams and
 * groups.
 */
import { expect, test } from 'vitest'
import { logGroupName, reach, register, type Setting, submit } from './setting.ts'

export function exerciseLogs(given: () => Setting): void {
  test('a log is read page by page, from its head to its end', async () => {
    const { logs } = given().asUser
    const logStreamName = await ranWithLog(
      given(),
      'counts',
      'i=0; while [ $i -lt 25 ]; do echo "line $i"; i=$((i+1)); done',
    )
    const lines: string[] = []
    let token: string | undefined
    for (;;) {
      const page = await logs('GetLogEvents', {
        ...{ logGroupName, logStreamName, limit: 10, startFromHead: true },
        ...(token && { nextToken: token }),
      })
      lines.push(...page.events!.map((event) => event.message!))
      // The token stays the same at the end; it is never absent.
      if (page.nextForwardToken === token) break
      token = page.nextForwardToken!
    }
    expect(lines).toEqual(Array.from({ length: 25 }, (_, index) => `line ${index}`))

    const newest = await logs('GetLogEvents', { logGroupName, logStreamName, limit: 5 })
    expect(newest.events!.map((event) => event.message)).toEqual(lines.slice(-5))
    const before = await logs('GetLogEvents', {
      ...{ logGroupName, logStreamName, limit: 5 },
      nextToken: newest.nextBackwardToken!,
    })
    expect(before.events!.map((event) => event.message)).toEqual(lines.slice(-10, -5))
  })

  test('logs are searched over all streams', async () => {
    const { logs } = given().asUser
    const stream = await ranWithLog(
      given(),
      'searched',
      'echo "an ERROR of note"; echo "all is well"; echo "ERROR again"',
    )
    const found = await logs('FilterLogEvents', {
      logGroupName,
      logStreamNamePrefix: 'searched/',
      filterPattern: 'ERROR',
    })
    expect(found.events!.map((event) => [event.logStreamName, event.message])).toEqual([
      [stream, 'an ERROR of note'],
      [stream, 'ERROR again'],
    ])
    expect(new Set(found.events!.map((event) => event.eventId)).size).toBe(2)
  })

  test('streams and groups are listed', async () => {
    const { logs } = given().asUser
    const logStreamName = await ranWithLog(given(), 'streams', 'echo "one line"')
    const { logStreams } = await logs('DescribeLogStreams', { logGroupName, logStreamNamePrefix: 'streams/' })
    expect(logStreams).toMatchObject([{ logStreamName, firstEventTimestamp: logStreams![0]!.lastEventTimestamp }])
    const { logGroups } = await logs('DescribeLogGroups', { logGroupNamePrefix: '/aws/batch' })
    expect(logGroups!.map((group) => group.logGroupName)).toEqual([logGroupName])
  })

  test('a stream that does not exist is refused by name', async () => {
    const call = given().asUser.logs('GetLogEvents', { logGroupName, logStreamName: 'no/such/stream' })
    await expect(call).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: 'The specified log stream does not exist.',
    })
  })
}

async function ranWithLog(setting: Setting, name: string, script: string): Promise<string> {
  const jobId = await submit(setting, await register(setting, name, script))
  return (await reach(setting, jobId, 'SUCCEEDED')).container!.logStreamName!
}
