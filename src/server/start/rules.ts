/** The core's rules, as set by the configuration and by this process's memory. */
import { getHeapStatistics } from 'node:v8'
import type { Rules } from '../../core/state/state.ts'
import { mibOfGib } from '../../model/scratch.ts'
import type { Configuration } from './configuration.ts'
import { hostAccessFrom } from './host-access-settings.ts'
import { placesFrom } from './host-path-settings.ts'
import { rewritesFrom } from './images-settings.ts'

/** A job takes about twice the bytes of its JSON in memory, and everything else needs room too. */
const heapPartForJobs = 1 / 4
/** Leaves room so that others can always submit. */
const partOfOneUser = 3 / 4

const mebibyte = 1_048_576

export function rulesFrom(configuration: Configuration): Rules {
  const { jobs, jobDefinitions, scheduling } = configuration
  const hostAccess = hostAccessFrom(configuration.hostAccess, rewritesFrom(configuration.images.rewrite))
  const granted = [...hostAccess.values()].flatMap(({ hostPaths }) => hostPaths)
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
    hostAccess,
    assumedScratchMib: jobs.scratch.assumedGiB * mibOfGib,
    ...placesFrom(configuration, granted),
  }
}
