/** Consumable resources: jobs wait until there is enough of them, and give back what they used. */
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { describeJob, reach, register, type Setting, submit } from './setting.ts'

/** Only clients since 2025 know these operations. */
export function exerciseConsumables(given: () => Setting): void {
  test('a job waits until another gives back its licence', async () => {
    const { asAdministrator, asUser } = given()
    const consumableResource = 'licence'
    await asAdministrator.batch('CreateConsumableResource', {
      ...{ consumableResourceName: consumableResource, totalQuantity: 2, resourceType: 'REPLENISHABLE' },
    })
    const quantities = async () => {
      const told = await asUser.batch('DescribeConsumableResource', { consumableResource })
      return [told.totalQuantity, told.inUseQuantity, told.availableQuantity]
    }
    const properties = (quantity: number) => ({ consumableResourceList: [{ consumableResource, quantity }] })
    const definition = await register(given(), 'licensed', 'exec sleep 600', {
      consumableResourceProperties: properties(1),
    })
    const first = await submit(given(), definition)
    await reach(given(), first, 'RUNNING')
    const override = { consumableResourcePropertiesOverride: properties(2) }
    const second = await submit(given(), definition, { ...override, jobName: 'licensed-too' })
    const waits = await reach(given(), second, 'RUNNABLE')
    expect(waits.statusReason).toContain(consumableResource)
    expect(await quantities()).toEqual([2, 1, 1])
    const { jobs } = await asUser.batch('ListJobsByConsumableResource', { consumableResource })
    expect(jobs!.map(({ jobName, jobStatus, quantity }) => [jobName, jobStatus, quantity]).sort()).toEqual([
      ['jdoe-test-job', 'RUNNING', 1],
      ['licensed-too', 'RUNNABLE', 2],
    ])

    await asUser.batch('TerminateJob', { jobId: first, reason: 'enough' })
    await reach(given(), second, 'RUNNING')
    expect(await quantities()).toEqual([2, 2, 0])
    expect((await describeJob(given(), second)).consumableResourceProperties).toEqual(properties(2))
    await asUser.batch('TerminateJob', { jobId: second, reason: 'enough' })
    await eventually('all licences are back', async () => (await quantities()).join() === '2,0,2')
  })
}
