/** `POST /api/images/prune`: removes images that no container uses, some at a time; docs/operate/images.md. */
import { limits } from '../../../../model/limits.ts'
import { isRefusal, refuse } from '../../../../model/refusal.ts'
import type { PruneImagesAnswer } from '../../../../wire/images.ts'
import { defineOwnOperation } from '../own-operation.ts'
import { orRefused } from './pull.ts'

interface Input {
  readonly driver?: string
  /** Default: as the configuration says. */
  readonly minimumAgeMinutes?: string
  /** `true`: images that openbatch did not pull, too. */
  readonly untracked?: string
  /** `true`: nothing is removed. */
  readonly dryRun?: string
}

export const pruneImages = defineOwnOperation<Input, PruneImagesAnswer>('PruneImages', {
  summary: 'Removes images that nobody uses',
  answers: 'PruneImagesAnswer',
  query: {
    driver: 'only images of this driver',
    minimumAgeMinutes: 'only images that nobody used for so long',
    untracked: '`true`: also images that openbatch did not pull',
    dryRun: '`true`: says what it would remove',
  },
  method: 'POST',
  path: '/api/images/prune',
  async handle({ driver, minimumAgeMinutes, untracked, dryRun }, { backend }) {
    if (minimumAgeMinutes !== undefined && !/^[0-9]{1,7}$/.test(minimumAgeMinutes))
      return refuse('minimumAgeMinutes must be a whole number of minutes.')
    for (const [name, text] of Object.entries({ untracked, dryRun }))
      if (text !== undefined && text !== 'true' && text !== 'false') return refuse(`${name} must be true or false.`)
    const onlySays = dryRun === 'true'
    const wish = {
      ...(minimumAgeMinutes === undefined ? {} : { minimumAgeMs: Number(minimumAgeMinutes) * 60_000 }),
      ...{ untracked: untracked === 'true', dryRun: onlySays },
      most: onlySays ? limits.imagesShown : limits.imagesPrunedAtOnce,
    }
    const pruned = await orRefused(backend.images.prune(wish, driver))
    if (isRefusal(pruned)) return pruned
    return { drivers: pruned.map(({ more, ...rest }) => ({ ...rest, more: more > 0 })) }
  },
})
