/**
 * One more entry in the catalogue adds a driver: it is then configured, offered, documented, and
 * held to the contract.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { writeConfiguration } from '../../../scripts/documents/configuration.ts'
import { buildServe } from '../../cli/serve.ts'
import { offerDrivers } from '../../server/drivers.ts'
import { ConfigurationProblems, loadConfiguration } from '../../server/start/configuration.ts'
import { driverKinds } from '../catalogue.ts'
import { exerciseDriver } from '../driver.contract.ts'
import type { Driver } from '../driver.ts'
import { attemptSpec } from '../process/attempt-spec.contract.ts'
import { parrot, parrotEngineAt } from './kind.testing.ts'

const kinds = [...driverKinds, parrot]
const withoutOthers = { OPENBATCH_DRIVERS_DOCKER_ENABLED: 'false', OPENBATCH_DRIVERS_PROCESS_ENABLED: 'false' }

async function offeredIn(dataDir: string, configuration: ReturnType<typeof loadConfiguration>) {
  return offerDrivers({ configuration, dataDir, installationId: 'i', log: pino({ level: 'silent' }), kinds }, [])
}

exerciseDriver({
  async make() {
    const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-outside-'))
    const engine = parrotEngineAt(dataDir)
    const configuration = loadConfiguration({ env: withoutOthers, options: { driver: 'parrot' }, kinds })
    return {
      open: async (): Promise<Driver> => (await offeredIn(dataDir, configuration)).drivers.get('parrot')!,
      spec: (name, steps) =>
        attemptSpec(
          name,
          steps.map((step) => JSON.stringify(step)),
        ),
      impossible: (name) => attemptSpec(name, ['speechless']),
      openGate: async (gate) => engine.gate(gate).resolve(),
      runs: async (name) => engine.begun.filter((begun) => begun === name).length,
      dispose: async () => rmSync(dataDir, { recursive: true }),
    }
  },
  skip: [
    {
      reason: 'a parrot is never away, loses no reply and has no host to lose',
      cases: [
        'away: every call reports it, and work continues when the engine is back',
        'away: a reader in the middle of the output gets DriverUnavailable',
        'lost: an attempt that went down with its host has no exit code, and earlier ends stay as they were',
        'start: a lost reply is unknown, and the next call adopts',
        'start: says why it is still pending, and can be stopped meanwhile',
      ],
    },
    {
      reason: 'a parrot hears no signals: it falls silent at once',
      cases: [
        'stop: sends SIGTERM first, which the attempt may obey',
        'stop: sends SIGKILL after the grace',
        'stop: a second call may shorten the grace of the first',
        'stop: works on an attempt that a new driver object adopted',
        'remove: kills a running attempt',
      ],
    },
    {
      reason: 'a parrot repeats words and is no program: it has no files, no network, no limits and no bytes',
      cases: [
        'environment: names a file that vouches for the server, which the attempt can read, where it names none itself',
        'exit: processes that the command leaves behind end with it',
        'environment: is exactly as specified, whatever the names',
        'environment: appears in no command line, neither names nor values',
        'group: parts share their scratch by volume, and with no other group',
        'group: its scratch is removed with its last part, not before',
        'group: parts reach one another on 127.0.0.1',
        'group: two groups with their own addresses listen on one port and reach one another',
        'group: inspect reports its own address, the same for all parts and drivers, and no other',
        'output: is complete and in order, without empty lines, even if the last newline is missing',
        'output: keeps stdout and stderr each in order',
        'output: cuts long lines into pieces, never inside a character',
        'output: replaces bytes that are not UTF-8, and keeps the line',
        'output: a job that damages the files around it harms nobody else',
        'start: a failure before the command begins fails the start',
        'start: denies new privileges where the attempt must not have them',
        'scratch: mounts of one volume share it, and it is removed with the attempt',
        'memory: exceeding the limit ends the attempt as out of memory',
      ],
    },
  ],
})

test('it is configured by name, and its settings are checked', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-outside-'))
  try {
    const file = join(dataDir, 'openbatch.yaml')
    writeFileSync(file, 'drivers: { polly: { kind: parrot, perches: 7 } }')
    const { drivers, defaultDriver } = await offeredIn(
      dataDir,
      loadConfiguration({ file, env: withoutOthers, options: {}, kinds }),
    )
    expect([...drivers.keys()]).toEqual(['polly'])
    expect(defaultDriver).toBe('polly')
    expect(await drivers.get('polly')!.health()).toMatchObject({ hosts: [{ vcpus: 7 }] })
    writeFileSync(file, 'drivers: { polly: { kind: parrot, perches: 0, colour: red }, jay: { kind: jay } }')
    const load = () =>
      loadConfiguration({ file, env: { OPENBATCH_DRIVERS_PARROT_PERCHES: 'many' }, options: {}, kinds })
    expect(load).toThrow(ConfigurationProblems)
    expect(load).toThrow('drivers.jay.kind: must be the kind of the driver: docker, process, scripted, parrot')
    expect(load).toThrow('drivers.polly: must NOT have additional properties (colour)')
    expect(load).toThrow('drivers.polly.perches: must be >= 1')
    expect(load).toThrow('drivers.parrot.perches: must be integer')
  } finally {
    rmSync(dataDir, { recursive: true })
  }
})

test('the help of serve offers it, and the configuration page documents it', () => {
  const verb = new Command('serve')
  buildServe(verb, undefined as never, kinds)
  expect(verb.helpInformation().replaceAll(/\s+/g, ' ')).toContain('default driver: docker, process, scripted, parrot,')
  const page = writeConfiguration(kinds)
  expect(page).toContain('### Kind `parrot`\n\nJobs are repeated by a parrot.\n')
  expect(page).toContain(
    '| `drivers.parrot.perches` | `OPENBATCH_DRIVERS_PARROT_PERCHES` | `2` | jobs that it repeats at once |',
  )
})
