/**
 * Jobs that depend on one another: chains, diamonds, arrays pair by pair and one after the other.
 * Some succeed, some fail, some are given up.
 */
import { dependencyFailed, fails, isTerminated, stopped, succeeds, toItsEnd } from './endings.ts'
import { type Language, numbered } from './language.ts'
import { type Kind, type Step, terminationReason } from './workload.ts'

const lines = numbered('line', 3)

export function linkedJobs({ print, pause, exit, exitAt, command }: Language): Kind[] {
  const submit = (...words: Parameters<Language['command']>[0]): Step['submit'] => ({
    containerOverrides: { command: command([print('line', 3), ...words]) },
  })
  const works: Step = { submit: submit(pause(200)), expected: succeeds(lines) }
  const broken: Step = {
    submit: { ...submit(exit(7)), retryStrategy: { attempts: 2 } },
    expected: fails({ '': toItsEnd(lines, 7) }, 2),
  }
  const endless: Step = {
    submit: submit(pause(600_000)),
    expected: isTerminated({ '': stopped(lines) }, terminationReason),
    terminated: true,
  }
  const inVain: Step = { ...works, expected: dependencyFailed }
  const array = (size: number, step = works): Step => ({
    submit: { ...step.submit, arrayProperties: { size } },
    expected: { ...step.expected, children: size },
  })
  /** An array with one failing child. */
  const flawed = (size: number, index: number): Step => ({
    submit: { ...submit(exitAt(index, 3), pause(100)), arrayProperties: { size } },
    expected: {
      ...fails({}),
      ...{ children: size, ofChild: (at) => (at === index ? fails({ '': toItsEnd(lines, 3) }) : succeeds(lines)) },
    },
  })
  const after = (step: Step, ...steps: number[]): Step => ({ ...step, needs: steps.map((one) => ({ step: one })) })
  const paired = (step: Step, partner: number): Step => ({ ...step, needs: [{ step: partner, type: 'N_TO_N' }] })

  return [
    { name: 'chain', weight: 1, steps: [works, after(array(3), 0), after(works, 1)] },
    { name: 'broken-chain', weight: 1, steps: [broken, after(array(2, inVain), 0), after(inVain, 1)] },
    { name: 'diamond', weight: 1, steps: [works, after(works, 0), after(works, 0), after(works, 1, 2)] },
    {
      name: 'broken-diamond',
      weight: 1,
      steps: [works, after(works, 0), after(broken, 0), after(inVain, 1, 2), after(inVain, 3)],
    },
    { name: 'pairs', weight: 1, steps: [array(4), paired(array(4), 0), paired(array(4), 1)] },
    {
      name: 'broken-pairs',
      weight: 1,
      steps: [
        flawed(4, 1),
        paired(
          {
            ...array(4),
            expected: {
              ...fails({}),
              children: 4,
              ofChild: (index) => (index === 1 ? dependencyFailed : succeeds(lines)),
            },
          },
          0,
        ),
        after(inVain, 1),
      ],
    },
    { name: 'sequence', weight: 1, steps: [{ ...array(4), isSequential: true }] },
    {
      name: 'broken-sequence',
      weight: 1,
      steps: [
        works,
        {
          ...after(flawed(5, 2), 0),
          isSequential: true,
          expected: {
            ...fails({}),
            children: 5,
            ofChild: (index) =>
              index < 2 ? succeeds(lines) : index === 2 ? fails({ '': toItsEnd(lines, 3) }) : dependencyFailed,
          },
        },
      ],
    },
    { name: 'of-one-child', weight: 1, steps: [array(3), { ...works, needs: [{ step: 0, child: 1 }] }] },
    { name: 'abandoned', weight: 1, steps: [endless, after(inVain, 0), after(array(2, inVain), 1)] },
    { name: 'given-up', weight: 1, steps: [works, after(endless, 0), after(inVain, 1)] },
  ]
}
