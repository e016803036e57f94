/** The compute environment and the job queue of a new installation. */
import { createComputeEnvironment, settleComputeEnvironment } from '../../core/compute-environment/decide.ts'
import { createJobQueue, settleJobQueue } from '../../core/job-queue/decide.ts'
import { isRefusal } from '../../model/refusal.ts'
import type { Store } from '../../store/store.ts'
import type { Loop } from '../loop/loop.ts'

const madeSetting = 'defaultsMadeAt'

/**
 * Makes them once in an installation's life. An operator who deletes them does not get them back.
 */
export async function makeDefaults(loop: Loop, store: Store, now: number): Promise<void> {
  if (store.getSetting(madeSetting) !== undefined) return
  const steps = [
    createComputeEnvironment({
      computeEnvironmentName: 'default',
      type: 'MANAGED',
      state: 'ENABLED',
      computeResources: {
        type: 'SPOT',
        allocationStrategy: 'SPOT_CAPACITY_OPTIMIZED',
        bidPercentage: 50,
        minvCpus: 0,
        maxvCpus: 128,
        desiredvCpus: 0,
        instanceTypes: ['optimal'],
        instanceRole: 'ecsInstanceRole',
        subnets: [],
        securityGroupIds: [],
      },
    }),
    settleComputeEnvironment('default'),
    createJobQueue({
      jobQueueName: 'default',
      state: 'ENABLED',
      priority: 1,
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'default' }],
    }),
    settleJobQueue('default'),
  ]
  for (const step of steps) {
    const result = await loop.execute<unknown>(step)
    // If a crash came between these steps and the setting, the resources exist already and are
    // correct.
    if (isRefusal(result) && result.message !== 'Object already exists')
      throw new Error(`The default queue could not be made: ${result.message}`)
  }
  store.putSetting(madeSetting, String(now))
}
