"""Numbers in, numbers out: intervals, p and q, exceedance, draws that are kept and extended."""
