/** The rules of the core, as the configuration and this process's memory set them. */
import { getHeapStatistics } from 'node:v8'
import type { Rules } from '../../core/state/state.ts'
import type { Configuration } from './configuration.ts'

/**
 * A job in memory takes about twice the bytes of its JSON, and there must be room for everything
 * else.
 */
const heapPartForJobs = 1 / 4
/** So that others can always submit. */
const partOfOneUser = 3 / 4

const mebibyte = 1_048_576

export function rulesFrom({ jobs, jobDefinitions, scheduling }: Configuration): Rules {
  const liveJobs =
    jobs.maxLiveMib === undefined ? getHeapStatistics().heap_size_limit * heapPartForJobs : jobs.maxLiveMib * mebibyte
  return {
    jobDefinitionBytes: { all: jobDefinitions.maxMib * mebibyte, ofUser: jobDefinitions.maxMibPerUser * mebibyte },
    liveJobBytes: {
      all: liveJobs,
      ofUser: jobs.maxLiveMibPerUser === undefined ? liveJobs * partOfOneUser : jobs.maxLiveMibPerUser * mebibyte,
    },
    arraySizeMax: jobs.maxArraySize,
    dependenciesMax: jobs.maxDependencies,
    afterAny: jobs.afterAnyDependencies,
    backfill: scheduling.backfill,
    lostHostRetries: jobs.lostHostRetries,
    runningPerUser: scheduling.maxRunningPerUser,
  }
}
