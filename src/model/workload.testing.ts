/** For tests that know which kind of workload a job has. */
import type { Workload } from './workload.ts'

/** The workload, which must be of this kind. */
export function workloadOf<Kind extends Workload['kind']>(
  { workload }: { readonly workload: Workload },
  kind: Kind,
): Extract<Workload, { kind: Kind }> {
  if (workload.kind !== kind) throw new Error(`the job is of kind ${workload.kind}, not ${kind}`)
  return workload as Extract<Workload, { kind: Kind }>
}
