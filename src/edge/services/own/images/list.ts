/** `GET /api/images`: the images of each driver, what they take on disk, and when they were used; docs/operate/images.md. */
import type { ListedImage } from '../../../../drivers/driver-images.ts'
import { limits } from '../../../../model/limits.ts'
import type { DriversImages } from '../../../../server/run/images.ts'
import type { DriverImagesAnswer, ImageAnswer, ImagesAnswer } from '../../../../wire/images.ts'
import { defineOwnOperation } from '../own-operation.ts'

export const listImages = defineOwnOperation<Record<string, never>, ImagesAnswer>('ListImages', {
  summary: 'The images of each driver',
  answers: 'ImagesAnswer',
  method: 'GET',
  path: '/api/images',
  handle: async (_, { backend }) => ({ drivers: (await backend.images.list()).map(answerOf) }),
})

const states = { unreachable: 'UNREACHABLE', notUsed: 'NOT_USED' } as const

function answerOf(of: DriversImages): DriverImagesAnswer {
  const { driver } = of
  if (of.kind !== 'listed') return { driver, state: states[of.kind], why: of.why, images: [], more: 0, pulls: [] }
  const { images, diskBytes, pulls } = of
  const shown = [...images].sort((a, b) => lastUse(b) - lastUse(a)).slice(0, limits.imagesShown)
  return {
    ...{ driver, state: 'LISTED', images: shown.map(imageOf), more: images.length - shown.length },
    ...(diskBytes === undefined ? {} : { diskBytes }),
    pulls: pulls.slice(0, limits.imagesShown),
  }
}

function imageOf({ createdAtMs: _, isWanted: __, digests: ___, ...image }: ListedImage): ImageAnswer {
  return image
}

function lastUse({ lastUsedAtMs, pulledAtMs }: ListedImage): number {
  return lastUsedAtMs ?? pulledAtMs ?? 0
}
