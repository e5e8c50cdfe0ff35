import type { FunctionPlan } from '@millrace/core';

/**
 * Each function as DuckDB computes it, over the rows of a table `seen` in the order of (t, arrival). Where DuckDB
 * has no such function, the definition is written out in its SQL.
 */
export function sqlOf(fn: FunctionPlan, column: string, second: string): string {
  switch (fn.kind) {
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
    case 'entropy':
      return `${fn.kind}(${column})`;
    case 'mean':
      return `avg(${column})`;
    case 'variance':
      return fn.population ? `var_pop(${column})` : `var_samp(${column})`;
    case 'stddev':
      return fn.population ? `stddev_pop(${column})` : `stddev_samp(${column})`;
    case 'skew':
      return `skewness(${column})`;
    case 'kurtosis':
      return `kurtosis(${column})`;
    case 'distinct_count':
      return `count(DISTINCT ${column})`;
    case 'quantile':
      return `quantile_cont(${column}, ${fn.q})`;
    case 'rate':
      return `count(*) / (($asOf - $since) / ${fn.perMs}.0)`;
    case 'seconds_since_last':
      return `($asOf - max(t)) / 1000.0`;
    case 'ewma': {
      const weight = `pow(2, -($asOf - t) / ${fn.halfLifeMs}.0)`;
      return `sum(${column} * ${weight}) / sum(${weight}) FILTER (${column} IS NOT NULL)`;
    }
    case 'ratio':
      return `sum(${column}) / nullif(sum(${second}), 0)::DOUBLE`;
    default:
      return sqlOfRows(fn, column, second);
  }
}

/** Functions whose value is one or several of the values themselves, or counts of them. */
function sqlOfRows(fn: FunctionPlan, column: string, second: string): string {
  const latestFirst = `list(${column} ORDER BY t DESC, arrival DESC) FILTER (${column} IS NOT NULL)`;
  const earliestFirst = `list(${column} ORDER BY t, arrival) FILTER (${column} IS NOT NULL)`;
  switch (fn.kind) {
    case 'first':
      return `${earliestFirst}[1]`;
    case 'last':
      return `${latestFirst}[1]`;
    case 'first_k':
      return `${earliestFirst}[1:${fn.k}]`;
    case 'last_k':
      return `${latestFirst}[1:${fn.k}]`;
    case 'last_distinct_k':
      return (
        `(SELECT list(v ORDER BY latest_t DESC, latest_arrival DESC)[1:${fn.k}] FROM (SELECT ${column} AS v, ` +
        `max(t) AS latest_t, max_by(arrival, (t, arrival)) AS latest_arrival FROM seen ` +
        `WHERE ${column} IS NOT NULL GROUP BY v))`
      );
    case 'top_k':
      return (
        `(SELECT list(v ORDER BY n DESC, v)[1:${fn.k}] FROM (SELECT ${column} AS v, count(*) AS n FROM seen ` +
        `WHERE ${column} IS NOT NULL GROUP BY v))`
      );
    case 'histogram': {
      const bounds = [-Infinity, ...fn.edges, Infinity];
      const buckets = bounds.slice(1).map((to, i) => {
        const from = bounds[i]!;
        const isIn = [
          from === -Infinity ? '' : `${column} >= ${from}`,
          to === Infinity ? '' : `${column} < ${to}`,
        ];
        return `count(*) FILTER (${column} IS NOT NULL AND ${isIn.filter((part) => part !== '').join(' AND ')})`;
      });
      return `[${buckets.join(', ')}]`;
    }
    case 'min_by':
      return `min_by(${column}, (${second}, -t, -arrival)) FILTER (${column} IS NOT NULL AND ${second} IS NOT NULL)`;
    case 'max_by':
      return `max_by(${column}, (${second}, t, arrival)) FILTER (${column} IS NOT NULL AND ${second} IS NOT NULL)`;
    default:
      throw new TypeError(`No SQL for ${fn.kind}`);
  }
}
