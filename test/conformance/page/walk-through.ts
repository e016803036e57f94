/**
 * The walk-through of our users' documentation: its commands as printed, typed into a shell whose
 * `aws` and `python3` are the given ones.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { cliEnvironment, run } from '../clients/aws-cli.ts'
import { ServiceError } from '../clients/client.ts'
import type { Installed } from '../clients/installed.ts'
import { register, type Setting } from '../scenarios/setting.ts'
import { deleteNamedLeftover, editedAsDocumented, type Skeleton } from './skeleton.ts'

const folderOfPage = fileURLToPath(new URL('.', import.meta.url))

export function exercisePage(installed: Installed): (given: () => Setting) => void {
  return (given) => {
    let folder: string
    const path = (name: string) => join(folder, name)
    const shell = async (command: string) => {
      const { server, user } = given()
      const env = cliEnvironment(installed, { endpoint: server.endpoint, credentials: user })
      return (await run('/bin/sh', ['-c', command], env, folder)).stdout.trim()
    }
    const succeeded = (jobId: string) =>
      eventually(`${jobId} is SUCCEEDED`, async () => {
        const status = await shell(`aws batch describe-jobs --jobs  ${jobId} \\\n| jq -r '.jobs[0].status'`)
        expect(['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED']).toContain(status)
        return status === 'SUCCEEDED'
      })
    const messages = async (jobId: string) => {
      const stream = await shell(
        `aws batch describe-jobs --jobs ${jobId} \\\n| jq -r '.jobs[0].container.logStreamName'`,
      )
      expect(stream).toMatch(/^myJobDef\/default\/[0-9a-f]{32}$/)
      return shell(
        `aws logs get-log-events --log-group-name /aws/batch/job \\\n --log-stream-name ${stream} \\\n| jq -r '.events[]| .message'`,
      )
    }

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'openbatch-page-'))
      cpSync(join(folderOfPage, 'submit_job.py'), path('submit_job.py'))
      // The documentation submits the seventh revision.
      for (let revision = 1; revision <= 7; revision++) await register(given(), 'myJobDef', 'echo "of the definition"')
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    test('a job.json made from the skeleton is submitted, followed and read', async () => {
      await shell('aws batch submit-job --generate-cli-skeleton > job.json')
      const job = editedAsDocumented(JSON.parse(readFileSync(path('job.json'), 'utf8')) as Skeleton)
      const submit = () => {
        writeFileSync(path('job.json'), JSON.stringify(job, undefined, 4))
        return shell('aws batch submit-job --cli-input-json file://job.json')
      }
      // Members that newer clients' skeletons have beyond the documentation are refused by name,
      // some of them by the client itself. A user who deletes what is named succeeds.
      const refusals: unknown[] = []
      let jobId: string | undefined
      while (jobId === undefined) {
        try {
          jobId = (JSON.parse(await submit()) as { jobId: string }).jobId
        } catch (error) {
          const { message } = error as Error
          expect(error instanceof ServiceError ? error.code : message).toMatch(
            /^ClientException$|^Parameter validation failed/m,
          )
          expect(deleteNamedLeftover(job, message), `names no left-over member: ${message}`).toBeDefined()
          refusals.push(error)
        }
      }
      expect(refusals.some((error) => error instanceof ServiceError)).toBe(true)
      await succeeded(jobId)
      expect(await messages(jobId)).toBe('hello world')
    })

    test('the documentation’s job.json is submitted as printed', async () => {
      cpSync(join(folderOfPage, 'job.json'), path('job.json'))
      const { jobId, jobName, jobArn } = JSON.parse(
        await shell('aws batch submit-job --cli-input-json file://job.json'),
      ) as { jobId: string; jobName: string; jobArn: string }
      expect({ jobName, jobArn }).toEqual({
        jobName: 'jdoe-test-job',
        jobArn: `arn:aws:batch:us-west-2:123456789012:job/${jobId}`,
      })
      await succeeded(jobId)
      expect(await messages(jobId)).toBe('hello world')
    })

    test('submit_job.py submits a job', async () => {
      if (installed.python === '/usr/bin/python3') {
        // Debian's boto3 does not know AWS_ENDPOINT_URL.
        const script = readFileSync(path('submit_job.py'), 'utf8')
        const endpoint = `, endpoint_url='${given().server.endpoint}'`
        writeFileSync(path('submit_job.py'), script.replace("client('batch'", `client('batch'${endpoint}`))
      }
      const said = await shell('python3 submit_job.py')
      const jobId = /^Job ID is ([0-9a-f-]{36})\.$/.exec(said)?.[1]
      expect(jobId, said).toBeDefined()
      await succeeded(jobId!)
      expect(await messages(jobId!)).toBe('hello world')
    })

    test('job definitions are looked up', async () => {
      const of = (options: string) =>
        shell(`aws batch describe-job-definitions${options} | jq '.jobDefinitions | length'`)
      expect(await of(' --job-definitions myJobDef:7')).toBe('1')
      expect(await of(' --job-definitions myJobDef')).toBe('7')
      expect(Number(await of(''))).toBeGreaterThanOrEqual(7)
    })
  }
}
