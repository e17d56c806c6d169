# Walks saved against memory spent: data, out.
set terminal svg size 820,380 dynamic font 'sans-serif,13' background rgb 'white'
set output out
set datafile separator ','
set logscale x 2
set xlabel 'memory spent, MiB'
set ylabel 'page walks, % of all loaded'
set grid lw 0.5 dt 3
set key outside top center horizontal reverse Left
row(m, h) = sprintf("< awk -F, 'NR == 1 || ($1 == \"%s\" && $3 == \"%s\")' %s", m, h, data)
plot row('moduleHot', 'link') using ($4/1048576):($9*100) skip 1 with linespoints lw 2 pt 7 lc rgb '#3b7dd8' \
    title 'busy modules, linked in', \
  row('moduleHot', 'pack') using ($4/1048576):($9*100) skip 1 with linespoints lw 2 pt 5 lc rgb '#d9730d' \
    title 'busy modules, text packed', \
  row('fitted', 'link') using ($4/1048576):($9*100) skip 1 with linespoints lw 2 pt 6 dt 2 lc rgb '#3b7dd8' \
    title 'as the recording, linked in', \
  row('fitted', 'pack') using ($4/1048576):($9*100) skip 1 with linespoints lw 2 pt 4 dt 2 lc rgb '#d9730d' \
    title 'as the recording, text packed'
