/** What a record of the log holds (prometheus/prometheus tsdb/record/record.go). */
export const SERIES = 1
export const SAMPLES = 2
export const TOMBSTONES = 3
export const EXEMPLARS = 4
export const METADATA = 6
export const HISTOGRAMS = 7
export const FLOAT_HISTOGRAMS = 8
export const CUSTOM_HISTOGRAMS = 9
export const CUSTOM_FLOAT_HISTOGRAMS = 10
/** Of later versions, with start times; read and never written. */
export const SAMPLES_V2 = 11
export const HISTOGRAMS_V2 = 12
export const FLOAT_HISTOGRAMS_V2 = 13

/** The names of the types of metrics by their number. */
export const METRIC_TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const

/** The hints of histograms by their number (prometheus/prometheus model/histogram/histogram.go). */
export const RESET_HINTS = ['unknown', 'reset', 'not-reset', 'gauge'] as const
