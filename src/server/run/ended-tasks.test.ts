import { expect, test } from 'vitest'
import type { Event } from '../../core/events.ts'
import { EndedTasks } from './ended-tasks.ts'

test('knows the jobs of the newest ended tasks', () => {
  const tasks = new EndedTasks(2)
  const ended = (taskId: string) => ({ type: 'attemptEnded', jobId: `job-${taskId}`, ended: { taskId } }) as Event
  tasks.take([ended('a'), { type: 'jobReleased', jobId: 'x' } as unknown as Event, ended('b'), ended('c')])
  expect(['a', 'b', 'c'].map((id) => tasks.jobOf(id))).toEqual([undefined, 'job-b', 'job-c'])
})
