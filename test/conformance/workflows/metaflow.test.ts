/** Metaflow with `@batch`, its data in the object store. */
import { exerciseManager } from './exercise-manager.ts'

exerciseManager({
  manager: 'metaflow',
  // The environment of the jobs has boto3 and requests.
  jobEnvironment: { METAFLOW_SKIP_INSTALL_DEPENDENCIES: '1' },
  prints: [
    /Task is starting \(status RUNNING\)/,
    /RuntimeError: this attempt fails on purpose/,
    /3 squared is 9/,
    /the total is 14/,
  ],
})
