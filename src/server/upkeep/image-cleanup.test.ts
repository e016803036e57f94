/** Rounds of the clean-up of images. */
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { type Driver, DriverUnavailable } from '../../drivers/driver.ts'
import type { DriverImages, PruneWish } from '../../drivers/driver-images.ts'
import { ImageCleanup, type ImageCleanupOptions } from './image-cleanup.ts'

const wish = { minimumAgeMs: 1, most: 5, untracked: false, exclude: [] }

/** A clean-up whose rounds come when the test says so. */
function cleanup(options: Pick<ImageCleanupOptions, 'drivers' | 'wish'>) {
  let round = () => {}
  const wait = (_: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      round = resolve
      signal.addEventListener('abort', () => resolve())
    })
  const cleaning = new ImageCleanup({ ...options, everyMs: 60_000, log: pino({ level: 'silent' }), wait })
  cleaning.start()
  return { round: () => round(), stop: () => cleaning.stop() }
}

const keeping = (images: Partial<DriverImages>) => ({ images: images as DriverImages })

test('each round removes what the wish allows, of every driver that answers', async () => {
  const prune = vi.fn(async (_: PruneWish) => ({ removed: [], more: 0 }))
  const away = vi.fn(async () => {
    throw new DriverUnavailable('away')
  })
  const drivers = new Map<string, Pick<Driver, 'images'>>([
    ['away', keeping({ prune: away })],
    ['process', {}],
    ['docker', keeping({ prune })],
  ])
  const { round, stop } = cleanup({ drivers, wish })
  round()
  await vi.waitFor(() => expect(prune).toHaveBeenCalledTimes(1))
  expect(prune.mock.calls[0]![0]).toMatchObject(wish)
  expect(away).toHaveBeenCalledTimes(1)
  round()
  await vi.waitFor(() => expect(prune).toHaveBeenCalledTimes(2))
  await stop()
})

test('without a wish the images are only looked at', async () => {
  const list = vi.fn(async () => ({ images: [], pulls: [] }))
  const { round, stop } = cleanup({ drivers: new Map([['docker', keeping({ list })]]), wish: undefined })
  round()
  await vi.waitFor(() => expect(list).toHaveBeenCalledTimes(1))
  await stop()
})
