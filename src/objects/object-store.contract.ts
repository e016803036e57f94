/** The suite that every object store must pass: call `exerciseObjectStore({ make })` in a test file. */
import { afterEach, beforeEach } from 'vitest'
import { bucketCases } from './contract/buckets.contract.ts'
import { conditionCases } from './contract/conditions.contract.ts'
import { copyCases } from './contract/copying.contract.ts'
import { digestCases } from './contract/digests.contract.ts'
import { keyCases } from './contract/keys.contract.ts'
import { listingCases } from './contract/listing.contract.ts'
import { objectCases } from './contract/objects.contract.ts'
import { settingsCases } from './contract/settings.contract.ts'
import { type MadeStore, StoreCase } from './contract/store-case.contract.ts'
import { surveyCases } from './contract/survey.contract.ts'
import { uploadCases } from './contract/uploads.contract.ts'
import { versionListingCases } from './contract/version-listing.contract.ts'
import { versionCases } from './contract/versions.contract.ts'

export interface ObjectStoreExercise {
  /** Makes an empty store for each case. */
  make(options: { readonly now: () => number; readonly smallestPartBytes: number }): Promise<MadeStore>
}

export function exerciseObjectStore({ make }: ObjectStoreExercise): void {
  const on = new StoreCase()
  beforeEach(() => on.begin(make))
  afterEach(() => on.end())
  bucketCases(on)
  settingsCases(on)
  objectCases(on)
  conditionCases(on)
  digestCases(on)
  copyCases(on)
  keyCases(on)
  listingCases(on)
  surveyCases(on)
  uploadCases(on)
  versionCases(on)
  versionListingCases(on)
}
