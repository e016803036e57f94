import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ListedVersion } from '../object-store.ts'
import { type AgingVersion, VersionAges } from './version-ages.ts'

/** For each key whether each of its versions is a delete marker, the newest first. */
const buckets = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), { maxLength: 6 })

function versionsOf(bucket: readonly (readonly boolean[])[]): ListedVersion[] {
  return bucket.flatMap((markers, number) =>
    markers.map((isDeleteMarker, at): ListedVersion => {
      const version = { key: `k${number}`, versionId: `${at}`, isLatest: at === 0, lastModifiedMs: 0 }
      return isDeleteMarker
        ? { ...version, isDeleteMarker: true }
        : { ...version, isDeleteMarker: false, size: 1, etag: 'e' }
    }),
  )
}

/** All versions of a key at once. */
function naive(bucket: readonly (readonly boolean[])[]): AgingVersion[] {
  return bucket.flatMap((markers, number): AgingVersion[] => {
    const [latest, ...others] = versionsOf(bucket).filter(({ key }) => key === `k${number}`)
    if (markers.length === 1 && markers[0]) return [{ kind: 'lone marker', version: latest! }]
    return others.map((version, newerNoncurrent) => ({ kind: 'noncurrent', version, newerNoncurrent }))
  })
}

test('what a version is to the rules does not depend on how the listing is cut into pages', () => {
  fc.assert(
    fc.property(buckets, fc.integer({ min: 1, max: 7 }), (bucket, limit) => {
      const versions = versionsOf(bucket)
      const ages = new VersionAges()
      const found: AgingVersion[] = []
      for (let at = 0; at < versions.length; at += limit) found.push(...ages.take(versions.slice(at, at + limit)))
      found.push(...ages.end())
      expect(found).toEqual(naive(bucket))
      expect(ages.end()).toEqual([])
    }),
  )
})
