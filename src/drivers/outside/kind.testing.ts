import { Type } from 'typebox'
import { defineKind } from '../driver-kind.ts'
import { ParrotDriver, ParrotEngine } from './parrot-driver.testing.ts'

/** Engines by the home of their driver, just as another kind keeps its attempts in files there. */
const engines = new Map<string, ParrotEngine>()

export function parrotEngineAt(home: string): ParrotEngine {
  const engine = engines.get(home) ?? new ParrotEngine()
  engines.set(home, engine)
  return engine
}

export const parrot = defineKind({
  kind: 'parrot',
  summary: 'Jobs are repeated by a parrot.',
  Settings: Type.Object({
    perches: Type.Integer({ description: 'jobs that it repeats at once', minimum: 1, default: 2 }),
  }),
  isOfferedUnasked: false,
  create: async ({ perches }, { home }) => new ParrotDriver(parrotEngineAt(home), perches),
})
