/** A server on an engine that misbehaves on order, under a clock that the test moves: what the tests of supervision share. */
import { pino } from 'pino'
import type { Command } from '../../core/decision.ts'
import type { Event } from '../../core/events.ts'
import { endsUnread } from '../../core/instance/driver-seen.ts'
import { submitJob } from '../../core/job/submit.ts'
import { registerJobDefinition } from '../../core/job-definition/decide.ts'
import { type Effect, resume } from '../../core/react.ts'
import { account, makeWorld, startMs } from '../../core/world.testing.ts'
import { type AttemptSpec, type Driver, DriverUnavailable } from '../../drivers/driver.ts'
import { driverWith } from '../../drivers/driver-with.testing.ts'
import { createVirtualClock } from '../../drivers/scripted/clock.ts'
import { ScriptedDriver } from '../../drivers/scripted/scripted-driver.ts'
import type { LogStore, LogWriter } from '../../logs/log-store.ts'
import type { RegisterJobDefinitionRequest, SubmitJobRequest } from '../../model/generated/batch.ts'
import type { Job } from '../../model/job.ts'
import { isRefusal } from '../../model/refusal.ts'
import { createMemoryStore } from '../../store/memory/memory-store.testing.ts'
import { TurnChanges } from '../loop/changes.ts'
import { Loop } from '../loop/loop.ts'
import { secretsFrom } from './container-secrets.ts'
import { makeMachine } from './machine.testing.ts'
import { PendingStarts } from './pending-starts.ts'
import { Supervisor } from './supervisor.ts'

export const lostGraceMs = 30_000

/** A scripted engine, a store and a log that stay, and a server on them that can be stopped and started. */
export function makeSite() {
  const clock = createVirtualClock(startMs + 1_000_000)
  const driver = new ScriptedDriver({ clock })
  const store = createMemoryStore()
  const world = makeWorld((events, state) => store.append(new TurnChanges(state, events).withCalls([], 0)))
  const story: string[] = []
  /** What the driver was asked to start. */
  const starts: AttemptSpec[] = []
  /** Those of the operator's. */
  const secrets = new Map<string, string>()
  /** By which each reading of an attempt's output is told to end. */
  const readSignals: AbortSignal[] = []
  const lines = new Map<string, string[]>()
  const cursors = new Map<string, string>()
  /** Texts of errors that the next operations on the log throw, and the next removals. */
  const trouble = {
    open: [] as string[],
    append: [] as string[],
    remove: [] as string[],
    /** Containers whose start is not carried out, and answered with `unknown`. */
    unanswered: [] as string[],
  }
  const pending = new PendingStarts()
  const machine = makeMachine(clock)
  const observed = driverWith(driver, {
    async start(spec, signal, onPending) {
      if (trouble.unanswered.some((it) => spec.name.endsWith(it))) return { kind: 'unknown', why: 'not answered' }
      starts.push(spec)
      const outcome = await driver.start(spec, signal, onPending)
      story.push(`start${partOf(spec.name)} ${outcome.kind}`)
      return outcome
    },
    streamLogs(name, cursor, signal) {
      readSignals.push(signal)
      return driver.streamLogs(name, cursor, signal)
    },
    async remove(name) {
      const away = trouble.remove.shift()
      if (away) throw new DriverUnavailable(away)
      await driver.remove(name)
      story.push(`remove${partOf(name)}`)
    },
  })
  const watched: Driver = machine.seenFromServer(observed)

  const openWriter: LogStore['openWriter'] = async ({ stream }) => {
    const failure = trouble.open.shift()
    if (failure) throw new Error(failure)
    const kept = lines.get(stream) ?? []
    lines.set(stream, kept)
    const writer: LogWriter = {
      get cursor() {
        return cursors.get(stream)
      },
      droppedEntries: 0,
      async append(entries) {
        for (const { message, cursor } of entries) {
          const stop = trouble.append.shift()
          if (stop) throw new Error(stop)
          kept.push(message)
          cursors.set(stream, cursor)
        }
      },
      async finish() {
        story.push(`${kept.length} lines complete`)
      },
      async close() {},
    }
    return writer
  }

  function serve() {
    const log = pino({ level: 'silent' })
    let supervisor: Supervisor | undefined
    const carryOut = (effect: Effect) => {
      if (effect.type === 'superviseAttempt' || effect.type === 'stopAttempt' || effect.type === 'wakeForTimeout')
        supervisor?.carryOut(effect)
    }
    const loop = new Loop({
      store,
      account,
      defaultDriver: 'scripted',
      given: { now: machine.clocks.now, newId: world.newId },
      log,
      failpoint: () => {},
      carryOut,
      onEvents: (events) => story.push(...events.flatMap(worthTelling)),
      onBroken: (error) => story.push(`broken: ${error}`),
    })
    supervisor = new Supervisor({
      drivers: new Map([['scripted', watched]]),
      logs: { openWriter } as LogStore,
      loop,
      clocks: machine.clocks,
      timers: machine.timers,
      log,
      failpoint: () => {},
      region: 'us-west-2',
      endpointFor: () => 'http://127.0.0.1:1',
      pending,
      resolveSecrets: secretsFrom(
        (name) => secrets.get(name),
        () => {},
      ),
      stopGraceSeconds: 30,
      lostGraceMs,
      logCapBytes: 1_000_000,
    })
    const { hosts } = world.state.drivers.get('scripted')!
    void loop.execute(endsUnread('scripted', true))
    void loop.execute(() => ({
      kind: 'accepted',
      answer: undefined,
      events: [{ type: 'driverSeen', driver: 'scripted', health: { kind: 'healthy' }, hosts }],
    }))
    for (const effect of resume(loop.state)) carryOut(effect)
    const running = supervisor
    machine.whenPaused(() => running.catchUp())
    running.catchUp()
    return { loop, supervisor }
  }

  const site = {
    clock,
    pending,
    clocks: machine.clocks,
    /** Sets the machine's clock, by so much. */
    setClock: machine.setClock,
    /** The server is stopped (SIGSTOP) for so long, while everything else goes on. `arrives` comes before any answer of the driver. */
    pause: (ms: number, arrives = () => {}) => machine.pause(() => site.pass(ms), arrives),
    control: driver.control,
    driver,
    watched,
    story,
    starts,
    readSignals,
    secrets,
    trouble,
    lines: () => [...lines.values()].flat(),
    /** Of the streams of this container. */
    linesOf: (containerName: string) =>
      [...lines].flatMap(([stream, kept]) => (stream.split('/').at(-2) === containerName ? kept : [])),
    streams: () => [...lines.keys()],
    ...serve(),
    /** Registers a definition of these members and submits it. */
    async submitNew(
      definition: Partial<RegisterJobDefinitionRequest>,
      more: Partial<SubmitJobRequest> = {},
    ): Promise<string> {
      const request = { jobDefinitionName: 'many', type: 'container' as const, ...definition }
      await site.execute(registerJobDefinition(request, 'ada'))
      return (await site.execute(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'many', ...more }, 'ada')))
        .jobId
    },
    /** The answer; a refusal fails the test. */
    async execute<Answer>(command: Command<Answer>): Promise<Answer> {
      const answer = await site.loop.execute(command)
      if (isRefusal(answer)) throw new Error(`refused: ${answer.message}`)
      return answer as Answer
    },
    async submit(command: string[], more: Partial<SubmitJobRequest> = {}): Promise<string> {
      const request = { jobName: 'j', jobQueue: 'q', jobDefinition: 'd', containerOverrides: { command }, ...more }
      return (await site.execute(submitJob(request, 'ada'))).jobId
    },
    job: (jobId: string): Job => site.loop.state.jobs.get(jobId) ?? store.getJobs([jobId]).get(jobId)!,
    status: (jobId: string) => site.job(jobId).state.status,
    /** Stops the server, and starts another on what it left. */
    async restart(whileDown: () => Promise<unknown> = async () => {}) {
      await site.supervisor.close()
      await site.loop.close()
      story.push('restart')
      await whileDown()
      Object.assign(site, serve())
    },
    /** Lets so much time go by, and all that follows from it happen at its time. */
    async pass(ms: number) {
      const untilMs = clock.now() + ms
      const settle = async () => {
        for (let rounds = 0; rounds < 20; rounds++) await clock.advance(0)
      }
      await settle()
      for (let next = clock.next(); next !== undefined && next <= untilMs; next = clock.next()) {
        await clock.advance(Math.max(0, next - clock.now()))
        await settle()
      }
      await clock.advance(untilMs - clock.now())
      await settle()
    },
    /** Moves the time on, event by event, until this holds. */
    async until(holds: () => boolean, what: string) {
      for (let moves = 0; !holds(); moves++) {
        if (moves > 5_000) throw new Error(`never: ${what}; ${story.join(', ')}`)
        for (let rounds = 0; rounds < 20 && !holds(); rounds++) await clock.advance(0)
        if (holds()) return
        await clock.advance(Math.max(0, (clock.next() ?? clock.now()) - clock.now()))
      }
    },
    finished: (jobId: string) => site.until(() => /SUCCEEDED|FAILED/.test(site.status(jobId)), 'the end of the job'),
    running: (jobId: string) => site.until(() => site.status(jobId) === 'RUNNING', 'RUNNING'),
    removed: () => site.until(() => story.at(-1)!.startsWith('remove'), 'the removal'),
  }
  return site
}

function worthTelling(event: Event): string[] {
  if (event.type === 'attemptStarted') return ['RUNNING']
  return event.type === 'attemptEnded' ? [event.next.status] : []
}

/** ` n0c1` of a container of several. */
function partOf(name: string): string {
  const part = /\.(n[0-9]+c[0-9]+)$/.exec(name)?.[1]
  return part === undefined ? '' : ` ${part}`
}
