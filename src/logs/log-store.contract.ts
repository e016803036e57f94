/** The suite that every log store must pass: call `exerciseLogStore({ make })` in a test file. */
import { afterEach, beforeEach } from 'vitest'
import { deletingCases } from './contract/deleting.contract.ts'
import { describingCases } from './contract/describing.contract.ts'
import { filterEventsCases } from './contract/filter-events.contract.ts'
import { getEventsCases } from './contract/get-events.contract.ts'
import { StoreCase, type StoreUnderTest } from './contract/store-case.contract.ts'
import { withinSightCases } from './contract/within-sight.contract.ts'
import { writingCases } from './contract/writing.contract.ts'
import { writtenCases } from './contract/written.contract.ts'

export interface LogStoreExercise {
  /** Makes a fresh store for each case. The store takes its ingestion times from `now`. */
  make(now: () => number): Promise<StoreUnderTest>
}

export function exerciseLogStore({ make }: LogStoreExercise): void {
  const on = new StoreCase()
  beforeEach(() => on.begin(make))
  afterEach(() => on.end())
  writingCases(on)
  getEventsCases(on)
  filterEventsCases(on)
  describingCases(on)
  deletingCases(on)
  withinSightCases(on)
  writtenCases(on)
}
