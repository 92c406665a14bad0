import type { FunctionDeclaration, Library } from '../declarations.ts'
import { BOOL, listType, mapType, STRING, structType } from '../types.ts'
import { CelError, dictionaryOf, errorOr, listOf, opaque, type Value } from '../values.ts'
import { type GoUrl, hostnameOf, isRequestUri, parseRequestUri, parseUrl, portOf, queryOf, UrlError } from './go-url.ts'
import { estimateRead, NOMINAL, readCost } from './search-cost.ts'

const URL_TYPE = structType('kubernetes.URL')
const Url = opaque<GoUrl>({ type: URL_TYPE, equal: (left, right) => left.text === right.text })

function url(text: Value): Value {
  if (typeof text !== 'string') return errorOr(text)
  try {
    parseRequestUri(text)
    return Url.of(parseUrl(text))
  } catch (failure) {
    if (!(failure instanceof UrlError)) throw failure
    return new CelError(`URL parse error during conversion from string: ${failure.message}`)
  }
}

function accessor(name: string, id: string, read: (url: GoUrl) => Value, result = STRING): FunctionDeclaration {
  return {
    ...NOMINAL,
    name,
    overloads: [
      {
        id: `url_get_${id}`,
        member: true,
        args: [URL_TYPE],
        result,
        run: (value = null) => {
          const parsed = Url.read(value)
          return parsed === undefined ? errorOr(value) : read(parsed)
        },
      },
    ],
  }
}

/** k8s.io/apiserver pkg/cel/library/urls.go */
export const URL_LIBRARY: Library = {
  functions: [
    {
      name: 'url',
      cost: readCost,
      estimate: (call) => {
        const cost = estimateRead(call)
        const [text] = call.args
        return cost === undefined || text === undefined ? undefined : { ...cost, size: call.sizeOf(text) }
      },
      overloads: [{ id: 'string_to_url', args: [STRING], result: URL_TYPE, run: (text = null) => url(text) }],
    },
    accessor('getScheme', 'scheme', ({ scheme }) => scheme),
    accessor('getHost', 'host', ({ host }) => host),
    accessor('getHostname', 'hostname', hostnameOf),
    accessor('getPort', 'port', portOf),
    accessor('getEscapedPath', 'escaped_path', ({ escapedPath }) => escapedPath),
    accessor(
      'getQuery',
      'query',
      (parsed) => dictionaryOf(Array.from(queryOf(parsed), ([name, values]) => [name, listOf(values)])),
      mapType(STRING, listType(STRING)),
    ),
    {
      name: 'isURL',
      overloads: [
        {
          id: 'is_url_string',
          args: [STRING],
          result: BOOL,
          run: (text = null) => (typeof text === 'string' ? isRequestUri(text) : errorOr(text)),
        },
      ],
    },
  ],
}
