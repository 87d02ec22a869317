// The one table of verbs: help, completions, the manual's synopses and dispatch are made from it.
import { askVerbs } from './ask-verbs.ts'
import { channelVerbs } from './channel-verbs.ts'
import { mirrorVerbs } from './mirror-verbs.ts'
import { completionVerbs } from './completion-verbs.ts'
import { doctorVerbs } from './doctor-verbs.ts'
import { containerVerbs } from './container-verbs.ts'
import { exportVerbs } from './export-verbs.ts'
import { gcVerbs } from './gc-verbs.ts'
import { fleetVerbs } from './fleet-verbs.ts'
import { keyVerbs } from './key-verbs.ts'
import { modelVerbs } from './model-verbs.ts'
import { packageVerbs } from './package-verbs.ts'
import { rootVerbs } from './root-verbs.ts'
import { screenVerbs } from './screen-verbs.ts'
import { stateVerbs } from './state-verbs.ts'
import { syncVerbs } from './sync-verbs.ts'
import { trustVerbs } from './trust-verbs.ts'
import { updateVerbs } from './update-verbs.ts'
import { volumeVerbs } from './volume-verbs.ts'
import type { Verb } from './verb.ts'

export const verbs: readonly Verb[] = [
  ...rootVerbs,
  ...trustVerbs,
  ...modelVerbs,
  ...updateVerbs,
  ...stateVerbs,
  ...askVerbs,
  ...keyVerbs,
  ...channelVerbs,
  ...packageVerbs,
  ...mirrorVerbs,
  ...fleetVerbs,
  ...gcVerbs,
  ...syncVerbs,
  ...exportVerbs,
  ...containerVerbs,
  ...volumeVerbs,
  ...doctorVerbs,
  ...screenVerbs,
  ...completionVerbs,
]
