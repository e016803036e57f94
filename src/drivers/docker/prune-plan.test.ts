/** Which images a clean-up may remove. */
import { expect, test } from 'vitest'
import type { ListedImage } from '../driver-images.ts'
import { removable } from './prune-plan.ts'

const hour = 3_600_000
const now = 1000 * hour

function image(name: string, more: Partial<ListedImage> = {}): ListedImage {
  return {
    ...{ imageId: `id-${name}`, names: [`docker.io/library/${name}:1`], bytes: 1, containers: 0, pulledHere: true },
    ...{ createdAtMs: 0, isWanted: false, pulledAtMs: now - 10 * hour, ...more },
  }
}

const wish = { minimumAgeMs: hour, untracked: false, exclude: [] }
const namesOf = (images: readonly ListedImage[], changes = {}) =>
  removable(images, { ...wish, ...changes }, now).map(({ imageId }) => imageId.slice(3))

test('images in use, being pulled or wanted, and images of others stay', () => {
  const images = [
    image('used', { containers: 1 }),
    image('wanted', { isWanted: true }),
    image('foreign', { pulledHere: false }),
    image('free'),
  ]
  expect(namesOf(images)).toEqual(['free'])
  expect(namesOf(images, { untracked: true })).toEqual(['foreign', 'free'])
})

test('an image has to be old since its pull and since its last use', () => {
  const images = [
    image('just-pulled', { pulledAtMs: now - hour / 2 }),
    image('just-used', { lastUsedAtMs: now - hour / 2 }),
    image('old', { lastUsedAtMs: now - 2 * hour }),
    image('older', { lastUsedAtMs: now - 3 * hour }),
    image('just-built', { pulledHere: false, pulledAtMs: undefined as never, createdAtMs: now }),
  ]
  expect(namesOf(images, { untracked: true })).toEqual(['older', 'old'])
  expect(namesOf(images, { minimumAgeMs: 0 })).toEqual(['older', 'old', 'just-pulled', 'just-used'])
})

test('an excluded name is compared in full', () => {
  expect(namesOf([image('busybox'), image('alpine')], { exclude: ['busybox:1'] })).toEqual(['alpine'])
})

test('an image may be excluded by its digest, also where it has a tag', () => {
  const digest = `docker.io/library/alpine@sha256:${'0'.repeat(64)}`
  const images = [image('busybox'), image('alpine', { digests: [digest] })]
  expect(namesOf(images, { exclude: [digest.slice('docker.io/library/'.length)] })).toEqual(['busybox'])
})

test('an image whose name went to another has no name', () => {
  expect(namesOf([image('superseded', { names: [] })])).toEqual(['superseded'])
})
