/**
 * What the AWS command line does beyond single calls: its own paging, its own options, `logs tail`.
 */
import { expect, test } from 'vitest'
import { cliEnvironment, run } from '../clients/aws-cli.ts'
import type { Installed } from '../clients/installed.ts'
import { logGroupName, reach, register, type Setting, submit } from './setting.ts'

export function exerciseCommandLine(installed: Installed): (given: () => Setting) => void {
  return (given) => {
    const shell = async (command: string) => {
      const { server, user } = given()
      const env = cliEnvironment(installed, { endpoint: server.endpoint, credentials: user })
      return (await run('/bin/sh', ['-c', command], env)).stdout.trim()
    }

    test('the command line pages through lists, and continues where it stopped', async () => {
      const definition = await register(given(), 'paged', 'true')
      const ids = [
        await submit(given(), definition),
        await submit(given(), definition),
        await submit(given(), definition),
      ]
      for (const id of ids) await reach(given(), id, 'SUCCEEDED')
      const list = 'aws batch list-jobs --job-queue default --filters name=JOB_DEFINITION,values=paged'
      const all = JSON.parse(await shell(`${list} --page-size 1`)) as { jobSummaryList: { jobId: string }[] }
      expect(all.jobSummaryList.map((job) => job.jobId).sort()).toEqual(ids.sort())

      const first = JSON.parse(await shell(`${list} --max-items 2`)) as typeof all & { NextToken: string }
      expect(first.jobSummaryList).toHaveLength(2)
      const rest = JSON.parse(await shell(`${list} --starting-token ${first.NextToken}`)) as typeof all
      const found = [...first.jobSummaryList, ...rest.jobSummaryList].map((job) => job.jobId)
      expect(found.sort()).toEqual(ids.sort())
    })

    test('options and shorthand mean the same as JSON', async () => {
      const definition = await register(given(), 'shorthand', 'echo "$GREETING from $AWS_BATCH_JOB_ARRAY_INDEX"')
      const jobId = await shell(
        `aws batch submit-job --job-name shorthand --job-queue default --job-definition ${definition} --array-properties size=2 ` +
          "--container-overrides 'environment=[{name=GREETING,value=hello}]' --tags lab=doe_j --query jobId --output text",
      )
      await reach(given(), jobId, 'SUCCEEDED')
      const streams = await shell(
        `aws batch describe-jobs --jobs ${jobId}:0 ${jobId}:1 --query 'sort_by(jobs, &jobId)[].container.logStreamName' --output text`,
      )
      const [stream] = streams.split(/\s+/)
      const text = await shell(
        `aws logs get-log-events --log-group-name ${logGroupName} --log-stream-name ${stream} --query 'events[].message' --output text`,
      )
      expect(text).toBe('hello from 0')
    })

    if (!installed.commandFolder.endsWith('debian')) return

    test('logs tail shows a log', async () => {
      const jobId = await submit(given(), await register(given(), 'tailed', 'echo first; echo second'))
      await reach(given(), jobId, 'SUCCEEDED')
      const text = await shell(`aws logs tail ${logGroupName} --log-stream-name-prefix tailed/ --format short`)
      expect(text.split('\n').map((line) => line.replace(/^\S+ /, ''))).toEqual(['first', 'second'])
    })
  }
}
