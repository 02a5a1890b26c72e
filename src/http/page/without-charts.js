/* Chart.js was not there when this server was built: the page shows its figures without charts. */
