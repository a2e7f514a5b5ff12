package peer;

/**
 * The job itself, on bytes: counters to rates, an hour-of-week Welford cell and an EWMA per series, sigma, anomaly.
 * A running row and a cell row hold the eight metrics of one interface; where they live is the caller's business.
 */
final class Model {
    static final int METRICS = Poll.METRICS;
    /** if_index i32, name hash i32, observed_at i64, uptime i64, boots i32, n i32, then 8 x (last counter i64, mean f64, variance f64) */
    static final int RUN_ROW = 32 + METRICS * 24;
    /** if_index i32, n i32, then 8 x (mean f64, M2 f64): one cell of the 168 for one interface */
    static final int CELL_ROW = 8 + METRICS * 16;

    static final int OK = 0, FIRST = 1, REINDEXED = 2, RESET = 3, IMPLAUSIBLE = 4, STALE = 5;
    static final int CELL_READY = 3, WARM = 15;
    static final double ALPHA = 0.05, SIGMAS = 6;
    private static final int FIRST_32_BIT = 4; // errors and discards have no 64-bit version
    private static final long TWO_32 = 1L << 32;

    static int hourOfWeek(long millis) { return (int) Math.floorMod(millis / 3_600_000L + 72, 168); } // 0 = Monday 00:00 UTC

    interface Anomalies { void found(Poll poll, int row, int metric, double value, double expected, double scale, double sigma); }

    private final Anomalies anomalies;
    private final double[] rate = new double[METRICS];
    private final Bin out = new Bin(1 << 15);

    Model(Anomalies anomalies) { this.anomalies = anomalies; }

    void begin(Poll p) {
        out.confluent(2);
        out.writeString(p.entity);
        out.ensure(64);
        out.writeLong(p.pollId);
        out.writeLong(p.observedAt);
        out.writeLong(p.rows);
    }

    byte[] end() {
        out.ensure(1);
        out.writeLong(0);
        return out.copy();
    }

    /** Folds row r into its state at run[ro] and cell[co] and writes its deviation. */
    void row(Poll p, int r, byte[] run, int ro, byte[] cell, int co) {
        int quality = rates(p, r, run, ro);
        out.ensure(64 + p.nameLength[r] + METRICS * 32);
        out.writeLong(p.ifIndex[r]);
        out.writeBytes(p.nameIn[r], p.nameAt[r], p.nameLength[r]);
        out.writeLong(quality);
        out.writeLong(METRICS);
        if (quality != OK) {
            for (int m = 0; m < METRICS; m++) out.writeLong(0);
        } else {
            int n = Bin.getInt(run, ro + 28) + 1, cells = Bin.getInt(cell, co + 4) + 1;
            Bin.setInt(run, ro + 28, n);
            Bin.setInt(cell, co + 4, cells);
            for (int m = 0; m < METRICS; m++) score(p, r, m, rate[m], run, ro + 32 + m * 24, n, cell, co + 8 + m * 16, cells);
        }
        out.writeLong(0);
    }

    private void score(Poll p, int r, int m, double x, byte[] run, int at, int n, byte[] cell, int cat, int cells) {
        double mean = Bin.getDouble(run, at + 8), variance = Bin.getDouble(run, at + 16);
        double cellMean = Bin.getDouble(cell, cat), m2 = Bin.getDouble(cell, cat + 8);
        boolean seasonal = cells > CELL_READY;
        double expected = seasonal ? cellMean : n == 1 ? x : mean;
        double scale = Math.sqrt(seasonal ? Math.max(variance, m2 / (cells - 2)) : variance);
        scale = Math.max(scale, Math.max(1e-3 * Math.abs(expected), 1.0 / 60));
        double sigma = (x - expected) / scale;

        out.writeLong(1);
        out.writeDouble(x);
        out.writeDouble(expected);
        out.writeFloat((float) scale);
        out.writeFloat((float) sigma);
        if (n > WARM && Math.abs(sigma) > SIGMAS) anomalies.found(p, r, m, x, expected, scale, sigma);

        if (n == 1) { mean = x; variance = 0; }
        else { double d = x - mean; mean += ALPHA * d; variance = (1 - ALPHA) * (variance + ALPHA * d * d); }
        Bin.setDouble(run, at + 8, mean);
        Bin.setDouble(run, at + 16, variance);
        double d = x - cellMean;
        cellMean += d / cells;
        Bin.setDouble(cell, cat, cellMean);
        Bin.setDouble(cell, cat + 8, m2 + d * (x - cellMean));
    }

    /** A simplified form of what docs/rates.md describes: first, reindexed, stale, reset, 32-bit wrap, plausibility. Always replaces the stored sample. */
    private int rates(Poll p, int r, byte[] run, int ro) {
        long before = Bin.getLong(run, ro + 8), uptime = Bin.getLong(run, ro + 16);
        int hash = p.nameHash(r), boots = Bin.getInt(run, ro + 24);
        long dt = p.observedAt - before;
        int quality = OK;
        if (before == 0) quality = FIRST;
        else if (dt <= 0) return STALE;
        else if (Bin.getInt(run, ro + 4) != hash) quality = REINDEXED;
        else if (p.boots != boots || p.uptime < uptime) quality = RESET;
        double perSecond = 1000.0 / dt;
        double speed = p.highSpeed[r] * 1e6;
        for (int m = 0, at = r * METRICS; m < METRICS; m++) {
            long now = p.counters[at + m], last = Bin.getLong(run, ro + 32 + m * 24);
            Bin.setLong(run, ro + 32 + m * 24, now);
            if (quality != OK) continue;
            long delta = now - last;
            if (delta < 0) {
                if (m >= FIRST_32_BIT && delta + TWO_32 < TWO_32 / 2) delta += TWO_32;
                else { quality = RESET; continue; }
            }
            rate[m] = delta * perSecond;
            if (m < 2 && speed > 0 && rate[m] * 8 > 1.2 * speed) quality = IMPLAUSIBLE;
        }
        Bin.setInt(run, ro, p.ifIndex[r]);
        Bin.setInt(run, ro + 4, hash);
        Bin.setLong(run, ro + 8, p.observedAt);
        Bin.setLong(run, ro + 16, p.uptime);
        Bin.setInt(run, ro + 24, p.boots);
        return quality;
    }
}
