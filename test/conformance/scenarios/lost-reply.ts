/**
 * An SDK repeats a call whose reply was lost, under the same invocation id. The result is one job.
 */
import { expect, test } from 'vitest'
import { type ReplyLosingProxy, startReplyLosingProxy } from '../../support/reply-losing-proxy.ts'
import { register, type Setting } from './setting.ts'

export function exerciseLostReply(given: () => Setting): void {
  test('a submission repeated after a lost reply is one job', async () => {
    await throughProxy(given(), async (setting, proxy) => {
      const jobDefinition = await register(given(), 'repeated', 'true')
      const input = { jobName: 'once-only', jobQueue: 'default', jobDefinition }
      proxy.loseNextReply()
      const { jobId } = await setting.asUser.batch('SubmitJob', input)
      expect({ lost: proxy.lost, requests: proxy.requests('/v1/submitjob') }).toEqual({ lost: 1, requests: 2 })
      expect(await submitted(given())).toEqual([jobId])

      // A new call makes a new job, however similar.
      const again = await setting.asUser.batch('SubmitJob', input)
      expect((await submitted(given())).sort()).toEqual([jobId, again.jobId].sort())
    })
  })

  test('a definition registered again after a lost reply has one revision', async () => {
    await throughProxy(given(), async (setting, proxy) => {
      proxy.loseNextReply()
      expect(await register(setting, 'registered-once', 'true')).toBe('registered-once:1')
      expect(proxy.lost).toBe(1)
      expect(await register(setting, 'registered-once', 'true')).toBe('registered-once:2')
    })
  })
}

async function throughProxy(
  setting: Setting,
  work: (throughIt: Setting, proxy: ReplyLosingProxy) => Promise<void>,
): Promise<void> {
  const proxy = await startReplyLosingProxy(setting.server.endpoint)
  const asUser = setting.kind.open({ endpoint: proxy.endpoint, credentials: setting.user })
  try {
    // The first call of a client may need several requests.
    await asUser.whoAmI()
    await work({ ...setting, asUser }, proxy)
  } finally {
    asUser.close()
    await proxy.stop()
  }
}

async function submitted({ asUser }: Setting): Promise<string[]> {
  const filters = [{ name: 'JOB_NAME', values: ['once-only'] }]
  const { jobSummaryList } = await asUser.batch('ListJobs', { jobQueue: 'default', filters })
  return jobSummaryList!.map((job) => job.jobId!)
}
