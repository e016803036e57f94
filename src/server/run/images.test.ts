/** Images as an operator asks for them: which drivers keep any, and a pull that outlasts its call. */
import { expect, test } from 'vitest'
import { type Driver, DriverUnavailable } from '../../drivers/driver.ts'
import type { DriverImages, PruneWish, PullOptions, PullOutcome } from '../../drivers/driver-images.ts'
import { limits } from '../../model/limits.ts'
import { Images } from './images.ts'

function imagesOf(drivers: Readonly<Record<string, Partial<Driver>>>, answerMs = 60_000) {
  return new Images({
    drivers: new Map(Object.entries(drivers)) as unknown as ReadonlyMap<string, Driver>,
    defaultDriver: 'docker',
    sourceOf: (image) => (image === 'secret' ? { problem: 'there is no secret x' } : { image: `real/${image}` }),
    cleanup: { minimumAgeMs: 3_600_000, exclude: ['kept'] },
    answerMs,
  })
}

const keeping = (images: Partial<DriverImages>) => ({ images: images as DriverImages })

test('drivers without images, and engines that are away, say so', async () => {
  const list = async () => {
    throw new DriverUnavailable('no engine')
  }
  const images = imagesOf({ docker: keeping({ list }), process: { isolation: 'none' }, scripted: {} })
  expect(await images.list()).toEqual([
    { driver: 'docker', kind: 'unreachable', why: 'no engine' },
    { driver: 'process', kind: 'notUsed', why: 'jobs run as plain processes, and images are recorded and not used' },
    { driver: 'scripted', kind: 'notUsed', why: 'it runs nothing' },
  ])
  expect(await images.pull('busybox', 'process')).toMatchObject({ message: expect.stringMatching(/recorded and not/) })
  expect(await images.pull('busybox', 'none')).toMatchObject({ message: 'There is no driver "none".' })
})

test('a pull goes on after its call, and the next call joins it', async () => {
  const ends: ((outcome: PullOutcome) => void)[] = []
  const asked: string[] = []
  const pull = (image: string, { onProgress }: PullOptions) => {
    asked.push(image)
    onProgress?.('is being pulled: 1 of 2 layers')
    return new Promise<PullOutcome>((resolve) => ends.push(resolve))
  }
  const images = imagesOf({ docker: keeping({ pull }) }, 0)
  const about = { driver: 'docker', image: 'real/busybox' }
  const pulling = { ...about, kind: 'pulling', progress: 'is being pulled: 1 of 2 layers' }
  expect(await images.pull('busybox')).toEqual(pulling)
  expect(await images.pull('busybox')).toEqual(pulling)
  expect(asked).toEqual(['real/busybox'])
  const last = images.pull('busybox')
  ends[0]!({ kind: 'failed', reason: 'CannotPullContainerError: gone' })
  expect(await last).toEqual({ ...about, kind: 'failed', reason: 'CannotPullContainerError: gone' })
  expect(await images.pull('secret')).toMatchObject({ kind: 'refusal', message: 'there is no secret x' })

  for (let count = 0; count < limits.imagePullsAsked; count++) await images.pull(`image-${count}`)
  expect(await images.pull('one-more')).toMatchObject({ kind: 'refusal' })
  const closed = images.close()
  for (const end of ends) end({ kind: 'pulled' })
  await closed
})

test('a clean-up by request keeps to the configuration where it says nothing else', async () => {
  const wishes: PruneWish[] = []
  const prune = async (wish: PruneWish) => {
    wishes.push(wish)
    return { removed: [], more: 0 }
  }
  const images = imagesOf({ docker: keeping({ prune }), process: { isolation: 'none' } })
  expect(await images.prune({ most: 5, untracked: false })).toEqual([{ driver: 'docker', removed: [], more: 0 }])
  expect(await images.prune({ most: 5, untracked: true, minimumAgeMs: 0 }, 'docker')).toHaveLength(1)
  expect(await images.prune({ most: 5, untracked: false }, 'process')).toMatchObject({ kind: 'refusal' })
  expect(wishes).toMatchObject([
    { minimumAgeMs: 3_600_000, exclude: ['kept'], untracked: false },
    { minimumAgeMs: 0, exclude: ['kept'], untracked: true },
  ])
})
