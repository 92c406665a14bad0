import { configureGlobal } from 'fast-check'

/** Property tests draw the same inputs every time: a failure is a change of ours, not of the dice. */
const SEED = 20_261_123

configureGlobal({ seed: SEED })
