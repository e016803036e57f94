/** What a container receives, what is shown of it, and its log. */
import { expect } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { imitated, logGroupName, type Setting } from './setting.ts'

export function exerciseContainers(given: () => Setting): void {
  imitated(15, 'Ref::name is substituted in the command and nowhere else; $name is left alone', async () => {
    const { define, submit, until, lines } = given()
    const parameters = { who: 'world' }
    const words = await define('words', ['echo', 'Ref::who', '$who'], { parameters: { who: 'nobody' } })
    const job = await until(await submit(words, { parameters }), 'SUCCEEDED')
    expect(await lines(job)).toEqual(['world $who'])

    const environment = [{ name: 'GREETING', value: 'Ref::who' }]
    const variable = await define('variable', ['print-env GREETING'], { container: { environment } })
    expect(await lines(await until(await submit(variable, { parameters }), 'SUCCEEDED'))).toEqual(['<Ref::who>'])
  })

  imitated(16, 'AWS_BATCH_ variables are not shown in container.environment', async () => {
    const { define, submit, until, lines } = given()
    const own = { name: 'OWN', value: '1' }
    const definition = await define('own', ['print-env AWS_BATCH_JOB_ID'], { container: { environment: [own] } })
    const more = { name: 'MORE', value: '2' }
    const jobId = await submit(definition, { containerOverrides: { environment: [more] } })
    const job = await until(jobId, 'SUCCEEDED')
    expect(await lines(job), 'the container has it').toEqual([`<${jobId}>`])
    expect(job.container!.environment).toEqual([own, more])
  })

  imitated(17, 'a child has all the variables AWS Batch sets', async () => {
    const { define, submit, until, describe, lines } = given()
    const names = ['ID', 'ATTEMPT', 'ARRAY_INDEX', 'ARRAY_SIZE'].map((name) => `AWS_BATCH_JOB_${name}`)
    const command = [...names, 'AWS_BATCH_JQ_NAME', 'AWS_BATCH_CE_NAME'].map((name) => `print-env ${name}`)
    const definition = await define('variables', command)
    const jobId = await submit(definition, { arrayProperties: { size: 3 } })
    await until(jobId, 'SUCCEEDED')
    const child = await describe(`${jobId}:2`)
    expect(await lines(child)).toEqual([`<${jobId}:2>`, '<1>', '<2>', '<3>', '<default>', '<default>'])
    const alone = await submit(definition)
    const expected = [`<${alone}>`, '<1>', '<unset>', '<unset>', '<default>', '<default>']
    expect(await lines(await until(alone, 'SUCCEEDED'))).toEqual(expected)
  })

  imitated(26, 'each attempt has a log stream of its own, named once the attempt runs', async () => {
    const { define, submit, until } = given()
    const definition = await define('slow-to-start', ['pull 1s', 'print-env AWS_BATCH_JOB_ATTEMPT', 'run 1s', 'exit 1'])
    const jobId = await submit(definition, { retryStrategy: { attempts: 2 } })
    expect((await until(jobId, 'STARTING')).container).not.toHaveProperty('logStreamName')
    const running = await until(jobId, 'RUNNING')
    expect(running.container!.logStreamName).toMatch(/^slow-to-start\/default\/[0-9a-f]{32}$/)

    const { attempts } = await until(jobId, 'FAILED')
    const streams = attempts!.map((attempt) => attempt.container!.logStreamName!)
    expect(streams[0]).toBe(running.container!.logStreamName)
    expect(new Set(streams).size).toBe(2)
    const logs = await Promise.all(streams.map((stream) => messages(given(), stream)))
    expect(logs).toEqual([['<1>'], ['<2>']])
  })

  imitated(
    27,
    'GetLogEvents gives both tokens always, and the same forward token where the log ends so far',
    async () => {
      const { client, define, submit, until } = given()
      const jobId = await submit(await define('grows', ['print one', 'print two', 'run 2s', 'print three']))
      const logStreamName = (await until(jobId, 'RUNNING')).container!.logStreamName!
      const read = (nextToken?: string) =>
        client.logs('GetLogEvents', {
          ...{ logGroupName, logStreamName, startFromHead: true, limit: 2 },
          ...(nextToken && { nextToken }),
        })
      const first = await eventually('the first lines', async () => {
        const page = await read()
        return page.events!.length === 2 && page
      })
      const tokens = {
        nextForwardToken: expect.stringMatching(/^f\//),
        nextBackwardToken: expect.stringMatching(/^b\//),
      }
      expect(first).toMatchObject(tokens)

      const atEnd = await read(first.nextForwardToken)
      expect(atEnd).toMatchObject({ events: [], ...tokens, nextForwardToken: first.nextForwardToken })
      await until(jobId, 'SUCCEEDED')
      const later = await read(atEnd.nextForwardToken)
      expect(later.events!.map((event) => event.message)).toEqual(['three'])
      expect(later.nextForwardToken).not.toBe(atEnd.nextForwardToken)
      expect(await read(later.nextForwardToken)).toMatchObject({ events: [], nextForwardToken: later.nextForwardToken })
    },
  )
}

async function messages({ client }: Setting, logStreamName: string): Promise<string[]> {
  const { events } = await client.logs('GetLogEvents', { logGroupName, logStreamName, startFromHead: true })
  return events!.map((event) => event.message!)
}
