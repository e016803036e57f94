/**
 * Whether the volumes of a job can be mounted here at all, whoever submits it. A job that ran
 * without one would fail, or read the wrong data, for a reason that nobody could see.
 */
import type { Complaint } from '../../model/complaint.ts'
import { placeOfFileSystem } from '../../model/file-systems.ts'
import type { Volume } from '../../model/generated/batch.ts'
import { placeOfHostPath, shippedHostPaths } from '../../model/host-path-map.ts'
import type { Workload } from '../../model/workload.ts'
import type { Rules } from '../state/state.ts'
import { tasksOf } from '../workload/tasks.ts'

type Places = Pick<Rules, 'fileSystems' | 'hostPaths'>

export function checkVolumesHere(workload: Workload, places: Places): Complaint {
  for (const { containers } of tasksOf({ workload }))
    for (const { container } of containers)
      for (const volume of container.volumes ?? []) {
        const why = whyNoPlace(volume, places)
        if (why !== undefined) return `Volume ${volume.name ?? ''} cannot be mounted. ${why}.`
      }
  return undefined
}

function whyNoPlace(volume: Volume, { fileSystems = new Map(), hostPaths = shippedHostPaths }: Places) {
  const fileSystem = placeOfFileSystem(volume, fileSystems)
  if (fileSystem !== undefined) return 'why' in fileSystem ? fileSystem.why : undefined
  const { sourcePath } = volume.host ?? {}
  const place = sourcePath ? placeOfHostPath(sourcePath, hostPaths) : undefined
  return place?.kind === 'refused' ? `The host path ${sourcePath} is refused here: ${place.why}` : undefined
}
