/** What clients need whose jobs are containers: a real engine, and a registry that lacks an image. */
import { afterAll } from 'vitest'
import { startEngine, type TestEngine } from '../../engine/engine.ts'
import { startRegistry } from '../../engine/registry.ts'

export interface Containers {
  readonly engine: TestEngine
  readonly server: { readonly driver: 'docker'; readonly env: Readonly<Record<string, string>> }
  /** Its registry answers that it has no such image. */
  readonly absentImage: string
}

/** They end after the tests of the file. */
export async function startContainers(): Promise<Containers> {
  const engine = await startEngine()
  afterAll(() => engine.stop())
  const registry = await startRegistry()
  afterAll(() => registry.stop())
  return {
    engine,
    server: { driver: 'docker', env: { DOCKER_HOST: engine.dockerHost, OPENBATCH_JOBS_STOP_GRACE_SECONDS: '2' } },
    absentImage: `${registry.address}/lab/absent:1`,
  }
}
