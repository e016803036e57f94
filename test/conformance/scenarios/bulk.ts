/** Cancelling and terminating many jobs with one call. */
import { expect, test } from 'vitest'
import { describeJob, needs, reach, register, type Setting, submit } from './setting.ts'

/** Only clients since 2026 know these operations. */
export function exerciseBulk(given: () => Setting): void {
  test('one call cancels the waiting jobs, another terminates all the rest', async () => {
    const { asUser } = given()
    const definition = await register(given(), 'for-long', 'exec sleep 600')
    const containerOverrides = { resourceRequirements: needs(120, 64) }
    const waiting = [
      await submit(given(), definition, { containerOverrides }),
      await submit(given(), definition, { containerOverrides, arrayProperties: { size: 3 } }),
    ]
    const running = await submit(given(), definition)
    await reach(given(), running, 'RUNNING')
    const unknown = '00000000-0000-4000-8000-000000000000'
    const jobs = [...waiting, running, unknown]
    const cancelled = await asUser.batch('CancelJobs', { jobs, reason: 'changed my mind' })
    expect(cancelled.errors ?? []).toEqual([])
    expect(cancelled.successful!.toSorted()).toEqual(jobs.toSorted())
    expect(await reach(given(), waiting[0]!, 'FAILED')).toMatchObject({ statusReason: 'changed my mind' })
    await reach(given(), waiting[1]!, 'FAILED')
    expect(await describeJob(given(), `${waiting[1]}:2`)).toMatchObject({
      ...{ status: 'FAILED', statusReason: 'changed my mind' },
    })
    expect(await describeJob(given(), running)).toMatchObject({ status: 'RUNNING' })

    const another = await submit(given(), definition)
    await asUser.batch('TerminateJobs', { jobs: [running, another], reason: 'home time' })
    for (const jobId of [running, another])
      expect(await reach(given(), jobId, 'FAILED')).toMatchObject({ statusReason: 'home time' })
  })

  test('one call stops the caller’s own jobs, and has an error for each job of somebody else', async () => {
    const { asUser, asAdministrator } = given()
    const definition = await register(given(), 'mine-and-yours', 'exec sleep 600')
    const mine = await submit(given(), definition)
    const yours = await submit({ ...given(), asUser: asAdministrator }, definition)
    const answer = await asUser.batch('TerminateJobs', { jobs: [yours, mine], reason: 'home time' })
    expect(answer).toMatchObject({
      successful: [mine],
      errors: [{ job: yours, code: 'AccessDenied', message: expect.stringContaining('batch:TerminateJob') }],
    })
    const none = await asUser.batch('CancelJobs', { jobs: [yours], reason: 'home time' })
    expect([none.successful ?? [], none.errors?.map(({ job }) => job)]).toEqual([[], [yours]])
    await reach(given(), mine, 'FAILED')
    expect((await describeJob(given(), yours)).status).not.toBe('FAILED')
    await asAdministrator.batch('TerminateJobs', { jobs: [yours], reason: 'enough' })
  })
}
