/**
 * What the AWS command line does beyond single calls: its own paging, its own options, `logs tail`.
 */
import { expect, test } from 'vitest'
import { cliEnvironment, run } from '../clients/aws-cli.ts'
import type { Installed } from '../clients/installed.ts'
import { logGroupName, reach, register, type Setting, submit } from './setting.ts'

export function exerciseCommandLine(installed: Installed): (given: () => Setting) => void {
  return (given) => {
    const shell = async (command: string, credentials = given().user) => {
      const env = cliEnvironment(installed, { endpoint: given().server.endpoint, credentials })
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

    test('an administrator manages users, roles and policies, and a user sees themselves', async () => {
      const iam = (command: string) => shell(`aws iam ${command}`, given().server.administrator)
      const statement = (who: string) =>
        JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...JSON.parse(who) }] })
      const trust = statement('{"Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}')
      const allowed = statement('{"Action":"s3:GetObject","Resource":"arn:aws:s3:::lab/*"}')
      await iam(`create-role --role-name cli-role --assume-role-policy-document '${trust}' --tags Key=lab,Value=doe_j`)
      const arn = await iam(
        `create-policy --policy-name cli-policy --policy-document '${allowed}' --query Policy.Arn --output text`,
      )
      await iam(`attach-role-policy --role-name cli-role --policy-arn ${arn}`)
      const action = 'Role.AssumeRolePolicyDocument.Statement[0].Action'
      expect(await iam(`get-role --role-name cli-role --query '${action}' --output text`)).toBe('sts:AssumeRole')
      // A page for each policy: the command line follows the markers.
      const names = await iam("list-policies --page-size 1 --query 'Policies[].PolicyName' --output text")
      expect(names.split(/\s+/)).toEqual([
        ...['OpenBatchAdmin', 'OpenBatchOperator', 'OpenBatchReadOnly', 'OpenBatchUser', 'cli-policy'],
      ])
      expect(await shell('aws iam get-user --query User.UserName --output text')).toBe('jdoe')
      await expect(shell('aws iam list-users')).rejects.toMatchObject({ code: 'AccessDenied' })
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
