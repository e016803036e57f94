import { expect } from 'vitest'
import type { Case } from './fixture.contract.ts'

/** The images of a driver that keeps any. Those of others have no images, and nothing to say here. */
export const imageCases = {
  'images: a driver that keeps them lists the one that an attempt runs from, and would never remove it': async (t) => {
    const { images } = t.driver
    if (!images) return
    const [name, gate] = [t.name(), t.gate()]
    const before = (await images.list()).images
    expect(await t.driver.start(t.fixture.spec(name, [{ waitFor: gate }]))).toEqual({ kind: 'started' })
    const used = (await images.list()).images.find(
      ({ imageId, containers }) => containers > (before.find((it) => it.imageId === imageId)?.containers ?? 0),
    )
    expect(used).toMatchObject({ bytes: expect.any(Number), lastUsedAtMs: expect.any(Number) })
    const all = { minimumAgeMs: 0, most: Number.MAX_SAFE_INTEGER, untracked: true, exclude: [], dryRun: true }
    const { removed } = await images.prune(all)
    expect(removed.map(({ imageId }) => imageId)).not.toContain(used!.imageId)
    await t.fixture.openGate(gate)
  },
} satisfies Record<string, Case>
