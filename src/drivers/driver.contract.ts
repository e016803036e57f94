import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { endingCases } from './contract/ending.contract.ts'
import { environmentCases } from './contract/environment.contract.ts'
import type { Case, DriverFixture } from './contract/fixture.contract.ts'
import { groupCases } from './contract/group.contract.ts'
import { imageCases } from './contract/images.contract.ts'
import { outputCases } from './contract/output.contract.ts'
import { startCases } from './contract/start.contract.ts'
import type { Driver } from './driver.ts'

/**
 * The one suite every driver passes. A driver's own test calls `exerciseDriver` with a fixture that
 * puts the suite's steps (`contract/fixture.contract.ts`) into something its driver can run;
 * drivers whose jobs have a shell take `contract/shell-steps.contract.ts`,
 * `contract/shell-network.contract.ts` and `contract/shared-directory.contract.ts` for that.
 *
 * A case a driver cannot honour is skipped by name, with the reason, and stays visible in the
 * report.
 */
export type { DriverFixture, Step } from './contract/fixture.contract.ts'

const cases = { ...startCases, ...environmentCases, ...groupCases, ...outputCases, ...endingCases, ...imageCases }

export type DriverCase = keyof typeof cases

export interface DriverExercise {
  /** Called once, before the first case. */
  make(): Promise<DriverFixture>
  skip?: readonly { reason: string; cases: readonly DriverCase[] }[]
}

export function exerciseDriver({ make, skip = [] }: DriverExercise): void {
  const reasons = new Map(skip.flatMap((entry) => entry.cases.map((title) => [title as string, entry.reason] as const)))
  describe('driver contract', () => {
    let fixture: DriverFixture
    beforeAll(async () => {
      fixture = await make()
    })
    afterAll(async () => {
      await fixture?.dispose()
    })
    for (const [title, body] of Object.entries<Case>(cases)) {
      const reason = reasons.get(title)
      if (reason !== undefined) it.skip(`${title} (skipped: ${reason})`, () => {})
      else it(title, () => runCase(fixture, body))
    }
  })
}

/** Gives the case its own driver objects and names, and takes both away again, however it ended. */
async function runCase(fixture: DriverFixture, body: Case): Promise<void> {
  const drivers: Driver[] = []
  const names: string[] = []
  const reopen = async () => {
    const driver = await fixture.open()
    drivers.push(driver)
    return driver
  }
  const token = () => randomUUID().slice(0, 13)
  const name = () => {
    const fresh = `contract-${token()}-1`
    names.push(fresh)
    return fresh
  }
  try {
    await body({ fixture, driver: await reopen(), reopen, name, gate: token })
  } finally {
    for (const driver of drivers) await driver.close()
    const cleaner = await fixture.open()
    const left = new Set(await cleaner.list())
    for (const one of names) if (left.has(one)) await cleaner.remove(one)
    await cleaner.close()
  }
}
