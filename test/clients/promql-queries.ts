/**
 * Queries about a small shop that Prometheus 2.42 and we must answer alike. Left out are those for which Prometheus 3 changed
 * the answer: subqueries whose ranges have a point at their left edge, and what it fixed since.
 */
export const QUERIES: readonly string[] = `
-{__name__=~"shop_memory_bytes|shop_disk_bytes"}
abs({__name__=~"shop_request_seconds_(sum|count)"})
rate({__name__=~"shop_request_seconds_(sum|count)"}[5m])
rate({__name__=~"shop_request_seconds_count|shop_cpu_seconds_total"}[5m])
{__name__=~"shop_cpus|shop_memory_bytes"} * 2
{__name__=~"shop_cpus|shop_memory_bytes"} > 3
{__name__=~"shop_cpus|shop_disk_bytes"} > bool 3
shop_memory_bytes or shop_cpu_seconds_total
shop_memory_bytes{type="used"} or on(instance) shop_memory_bytes
shop_visitors or shop_cpus
shop_cpus and shop_visitors
shop_cpus unless on(instance) shop_visitors
shop_cpus + shop_visitors
shop_memory_bytes / on(instance) group_left shop_cpus
shop_memory_bytes / ignoring(type) group_left shop_cpus
shop_cpus / on(instance) group_right shop_memory_bytes
shop_memory_bytes * on(instance) group_left(mode) shop_cpu_seconds_total{mode="user"}
shop_memory_bytes * on(instance) shop_cpus
shop_cpus * on(job) shop_cpus
shop_cpus == on(instance) shop_cpus
shop_memory_bytes > bool on(instance, type) shop_memory_bytes offset 1m
shop_memory_bytes > on(instance, type) shop_memory_bytes offset 1m
topk(2, shop_memory_bytes)
topk by(type) (2, shop_memory_bytes)
bottomk without(instance) (1, shop_memory_bytes)
topk(3, shop_cpus)
topk(scalar(count(shop_cpus)) - 1, shop_memory_bytes)
count_values("cpus", shop_cpus)
count_values without(instance) ("v", shop_visitors)
count_values by(job) ("v", shop_visitors)
quantile(0.3, shop_memory_bytes)
quantile by(type) (1.3, shop_memory_bytes)
stddev(shop_memory_bytes)
stdvar by(instance)(shop_memory_bytes)
avg without(type)(shop_memory_bytes)
group by(type)(shop_memory_bytes)
min(shop_visitors)
max by(nosuch)(shop_visitors)
sum(shop_visitors)
count(shop_visitors)
sum by(__name__)({__name__=~"shop_(cpus|disk|mem).*"})
sum without(__name__, instance)({__name__=~"shop_(cpus|disk|mem).*"})
histogram_quantile(0.9, rate(shop_request_seconds_bucket[1m]))
histogram_quantile(0.5, sum by(le)(rate(shop_request_seconds_bucket[1m])))
histogram_quantile(0.9, shop_request_seconds_bucket)
histogram_quantile(1.1, sum by(le, path)(shop_request_seconds_bucket))
histogram_quantile(scalar(shop_cpus{instance="shop-0"})/5, sum by(le, path)(shop_request_seconds_bucket))
histogram_quantile(0.9, shop_memory_bytes)
absent(shop_visitors)
absent(shop_visitors{instance="shop-1"})
absent(nosuch{a="b",c=~"d",e="f"})
absent_over_time(shop_visitors{instance="shop-1"}[1m])
absent_over_time(nosuch{a="b"}[1m])
present_over_time(shop_visitors[1m])
changes(shop_backup_timestamp_seconds[20m])
resets(shop_cpu_seconds_total[2h])
deriv(shop_disk_bytes[10m])
predict_linear(shop_disk_bytes[10m], 3600)
idelta(shop_disk_bytes[10m])
irate(shop_cpu_seconds_total[10m])
delta(shop_disk_bytes[10m])
quantile_over_time(0.4, shop_visitors[20m])
stddev_over_time(shop_disk_bytes[20m])
sum_over_time(shop_visitors[20m])
last_over_time({__name__=~"shop_cpus|shop_disk_bytes"}[5m])
min_over_time(shop_visitors[7m] offset 3m)
max_over_time(shop_visitors[7m] offset -3m)
sum(rate(shop_cpu_seconds_total[5m] @ end()))
sum(rate(shop_cpu_seconds_total[5m] @ start())) by (mode)
shop_cpus @ 1700003600 offset 5m
timestamp(shop_cpus)
timestamp(shop_cpus @ 1700003607)
timestamp(shop_cpus + 1)
max_over_time(sum by(mode)(rate(shop_cpu_seconds_total[1m]))[7m:13s])
label_replace(shop_cpus, "host", "$1", "instance", "(.*)-.*")
label_replace({__name__=~"shop_cpus|shop_disk_bytes"}, "__name__", "x_$1", "__name__", "shop_(.*)")
label_replace({__name__=~"shop_cpus|shop_disk_bytes"}, "__name__", "", "__name__", "shop_(.*)")
label_join(shop_cpus, "new", "-", "job", "instance", "nosuch")
sort(shop_memory_bytes)
sort_desc(shop_visitors)
scalar(shop_cpus{instance="shop-0"}) * shop_memory_bytes
scalar(shop_memory_bytes)
vector(scalar(shop_cpus{instance="shop-0"}))
2 ^ 3 ^ 2 - 1 % 3
1 > bool 2
shop_cpus ^ 2 % 5
-shop_cpus ^ 2
2 > shop_cpus
5 > shop_cpus
5 >= bool shop_cpus
clamp(shop_visitors, 2, 5)
clamp(shop_visitors, 5, 2)
clamp_max(shop_visitors, scalar(shop_cpus{instance="shop-0"}))
round(shop_disk_bytes, 1000)
round(shop_visitors / 3, 0.1)
day_of_year() + day_of_month() + day_of_week() + days_in_month() + hour() + minute() + month() + year()
hour(shop_backup_timestamp_seconds)
day_of_year(shop_backup_timestamp_seconds)
days_in_month(shop_backup_timestamp_seconds)
time() - shop_backup_timestamp_seconds
sgn(shop_visitors - 4)
ln(shop_visitors) + log2(shop_visitors) + log10(shop_visitors)
sqrt(-shop_visitors)
rad(shop_visitors) + deg(shop_visitors)
sinh(shop_visitors) + cosh(shop_visitors) + tanh(shop_visitors)
shop_cpus[5m]
shop_cpus[2m:13s]
shop_visitors[9m] offset 1m
sum(shop_memory_bytes) by (type) / ignoring(type) group_left sum(shop_memory_bytes)
sum by(instance)(shop_memory_bytes{type!="free"}) / sum by(instance)(shop_memory_bytes) * 100 > 50
shop_visitors != shop_visitors offset 1m
(shop_visitors > 2) or (shop_visitors < 1) or vector(7)
shop_visitors{instance=~".*-0"} or ignoring(instance) shop_visitors{instance=~".*-1"}
sum(rate(shop_request_seconds_count{status=~"5.."}[5m])) by (path) / sum(rate(shop_request_seconds_count[5m])) by (path)
rate(shop_request_seconds_sum[5m]) / rate(shop_request_seconds_count[5m])
avg_over_time(shop_memory_bytes[10m]) - on(instance, type) shop_memory_bytes
`
  .trim()
  .split('\n')
