import { expect, it } from '@jest/globals';
import { detectorGauges } from '../../pipeline/observe/detector-gauges.ts';
import { createMetrics } from '../../pipeline/observe/metrics.ts';

it('how often detectors were right is summed over entities and tasks; unknown is absent, never 0', async () => {
  const metrics = createMetrics();
  const verdicts = (confirmed: number, acknowledged: number, false_positive: number) => ({
    ...{ confirmed, acknowledged, false_positive },
  });
  detectorGauges(metrics, () => [
    { detector: 'deviation', version: '1', predictions: 5, verdicts: verdicts(1, 1, 1) },
    { detector: 'deviation', version: '1', predictions: 2, verdicts: verdicts(0, 1, 0) },
    { detector: 'deviation', version: '2', predictions: 9, verdicts: verdicts(0, 0, 0) },
  ]);
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('netsigma_detector_'));
  expect(lines.toSorted()).toEqual(
    [
      'netsigma_detector_anomalies{detector="deviation",version="1"} 7',
      'netsigma_detector_anomalies{detector="deviation",version="2"} 9',
      'netsigma_detector_verdicts{detector="deviation",version="1",verdict="acknowledged"} 2',
      'netsigma_detector_verdicts{detector="deviation",version="1",verdict="false_positive"} 1',
      'netsigma_detector_verdicts{detector="deviation",version="1",verdict="confirmed"} 1',
      'netsigma_detector_verdicts{detector="deviation",version="2",verdict="acknowledged"} 0',
      'netsigma_detector_verdicts{detector="deviation",version="2",verdict="false_positive"} 0',
      'netsigma_detector_verdicts{detector="deviation",version="2",verdict="confirmed"} 0',
      'netsigma_detector_precision{detector="deviation",version="1"} 0.75',
    ].toSorted(),
  );
});
