;; One check before a loop with a loop in it; the fast copy is of both. What is not so regular is checked at each entry of the inner loop.
;;! optimise
(module
  (memory 1)
  ;; Rows of bytes, one below the other in `from`, are added up in `to`. What is left over of each row is added behind the inner loop.
  (func $rows (param $to i32) (param $from i32) (param $n i32) (param $rows i32) (local $even i32) (local $i i32) (local $row i32)
      (local $way i32)
    (local.set $even (i32.and (local.get $n) (i32.const -2)))
    (loop $next
      (local.set $i (i32.const 0))
      (local.set $way (i32.add (local.get $from) (i32.mul (local.get $row) (local.get $n))))
      (block $short
        (br_if $short (i32.eq (local.get $n) (i32.const 1)))
        (loop $l
          (i32.store16 (i32.add (local.get $to) (local.get $i))
            (i32.add (i32.load16_u (i32.add (local.get $to) (local.get $i)))
              (i32.load16_u (i32.add (local.get $way) (local.get $i)))))
          (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get $even)))))
      (if (i32.and (local.get $n) (i32.const 1))
        (then
          (i32.store8 (i32.add (local.get $to) (local.get $i))
            (i32.load8_u (i32.add (local.get $way) (local.get $i))))))
      (br_if $next (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (local.get $rows)))))
  ;; The inner loop is longer each time.
  (func $triangle (param $p i32) (param $n i32) (local $i i32) (local $j i32)
    (loop $next
      (local.set $j (i32.const 0))
      (loop $l
        (i32.store8 (i32.add (local.get $p) (local.get $j)) (i32.const 1))
        (br_if $l (i32.ne (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  ;; Rows of one array are disjoint each time, not over all repetitions.
  (func $in_place (param $p i32) (param $pitch i32) (param $n i32) (local $i i32) (local $j i32)
    (loop $next
      (local.set $j (i32.const 0))
      (loop $l
        (i32.store8 (i32.add (local.get $p) (local.get $j))
          (i32.load8_u (i32.add (i32.add (local.get $p) (local.get $pitch)) (local.get $j))))
        (br_if $l (i32.ne (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
      (local.set $p (i32.add (local.get $p) (local.get $pitch)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
)

;; ---- expected ----
;; function func0"rows" (i32, i32, i32, i32) -> () {
;; block0(v0: i32, v1: i32, v2: i32, v3: i32):
;;   2d:  v4 = i32.const 0
;;   32:  v5 = i32.const -2
;;   34:  v6 = i32.and v2, v5
;;   37:  jump block1(v4)
;; block1(v32: i32):
;;   39:  v33 = i32.const 1
;;   39:  v34 = i64.extend_i32_u v33
;;   39:  v35 = i64.extend_i32_u v3
;;   39:  v36 = i64.sub v35, v34
;;   39:  v37 = i64.const 0
;;   39:  v38 = i64.gt_s v36, v37
;;   39:  v39 = select v36, v37, v38
;;   39:  v40 = i64.const 268435456
;;   39:  v41 = i64.le_u v39, v40
;;   39:  v42 = i32.const -2
;;   39:  v43 = i32.add v6, v42
;;   39:  v44 = i64.extend_i32_u v43
;;   39:  v45 = i64.const 2
;;   39:  v46 = i64.rem_u v44, v45
;;   39:  v47 = i64.const 0
;;   39:  v48 = i64.eq v46, v47
;;   39:  v49 = i32.and v41, v48
;;   39:  v50 = i64.const 2
;;   39:  v51 = i64.div_u v44, v50
;;   39:  v52 = i64.const 268435456
;;   39:  v53 = i64.le_u v51, v52
;;   39:  v54 = i32.and v49, v53
;;   39:  v55 = i32.const 1
;;   39:  v56 = i32.ne v2, v55
;;   39:  v57 = i32.and v54, v56
;;   39:  v58 = i64.extend_i32_u v0
;;   39:  v59 = i64.const 2
;;   39:  v60 = i64.mul v51, v59
;;   39:  v61 = i64.add v58, v60
;;   39:  v62 = i64.const 2
;;   39:  v63 = i64.add v61, v62
;;   39:  v64 = memory.length memory0
;;   39:  v65 = i64.le_u v63, v64
;;   39:  v66 = i32.and v57, v65
;;   39:  v67 = i64.extend_i32_u v1
;;   39:  v68 = i64.extend_i32_s v2
;;   39:  v69 = i64.mul v39, v68
;;   39:  v70 = i64.const 0
;;   39:  v71 = i64.lt_s v69, v70
;;   39:  v72 = select v69, v70, v71
;;   39:  v73 = i64.const 0
;;   39:  v74 = i64.gt_s v69, v73
;;   39:  v75 = select v69, v73, v74
;;   39:  v76 = i64.add v67, v72
;;   39:  v77 = i64.add v67, v75
;;   39:  v78 = i64.const 2
;;   39:  v79 = i64.mul v51, v78
;;   39:  v80 = i64.add v77, v79
;;   39:  v81 = i64.const 0
;;   39:  v82 = i64.ge_s v76, v81
;;   39:  v83 = i32.and v66, v82
;;   39:  v84 = i64.const 2
;;   39:  v85 = i64.add v80, v84
;;   39:  v86 = i64.le_u v85, v64
;;   39:  v87 = i32.and v83, v86
;;   39:  v88 = i32.add v1, v6
;;   39:  v89 = i64.extend_i32_u v88
;;   39:  v90 = i64.extend_i32_s v2
;;   39:  v91 = i64.mul v39, v90
;;   39:  v92 = i64.const 0
;;   39:  v93 = i64.lt_s v91, v92
;;   39:  v94 = select v91, v92, v93
;;   39:  v95 = i64.const 0
;;   39:  v96 = i64.gt_s v91, v95
;;   39:  v97 = select v91, v95, v96
;;   39:  v98 = i64.add v89, v94
;;   39:  v99 = i64.add v89, v97
;;   39:  v100 = i64.const 0
;;   39:  v101 = i64.ge_s v98, v100
;;   39:  v102 = i32.and v87, v101
;;   39:  v103 = i64.const 1
;;   39:  v104 = i64.add v99, v103
;;   39:  v105 = i64.le_u v104, v64
;;   39:  v106 = i32.and v102, v105
;;   39:  v107 = i32.add v0, v6
;;   39:  v108 = i64.extend_i32_u v107
;;   39:  v109 = i64.const 1
;;   39:  v110 = i64.add v108, v109
;;   39:  v111 = i64.le_u v110, v64
;;   39:  v112 = i32.and v106, v111
;;   39:  v113 = i64.le_u v63, v76
;;   39:  v114 = i64.le_u v85, v58
;;   39:  v115 = i32.or v113, v114
;;   39:  v116 = i32.and v112, v115
;;   39:  v117 = i64.le_u v63, v98
;;   39:  v118 = i64.le_u v104, v58
;;   39:  v119 = i32.or v117, v118
;;   39:  v120 = i32.and v116, v119
;;   39:  v121 = i64.le_u v85, v108
;;   39:  v122 = i64.le_u v110, v76
;;   39:  v123 = i32.or v121, v122
;;   39:  v124 = i32.and v120, v123
;;   39:  v125 = i64.le_u v104, v108
;;   39:  v126 = i64.le_u v110, v98
;;   39:  v127 = i32.or v125, v126
;;   39:  v128 = i32.and v124, v127
;;   39:  v129 = likely v128
;;   39:  branch v129, block2, block10(v32)
;; block2:
;;   39:  effect_barrier
;;   39:  v130 = i64.const 0
;;   39:  jump block3(v32, v130)
;; block3(v131: i32, v132: i64):
;;   39:  v133 = i64.mul v132, v68
;;   39:  v134 = i64.add v67, v133
;;   39:  v135 = i64.mul v132, v90
;;   39:  v136 = i64.add v89, v135
;;   39:  v137 = i64.const 1
;;   39:  v138 = i64.add v132, v137
;;   39:  v139 = i32.const 0
;;   43:  v140 = i32.mul v131, v2
;;   44:  v141 = i32.add v1, v140
;;   4b:  v142 = i32.const 1
;;   4d:  v143 = i32.eq v2, v142
;;   4e:  branch v143, block7(v139), block4
;; block4:
;;   50:  jump block5(v139, v130)
;; block5(v144: i32, v145: i64):
;;   39:  v146 = i64.const 2
;;   39:  v147 = i64.mul v145, v146
;;   39:  v148 = i64.add v58, v147
;;   39:  v149 = i64.const 2
;;   39:  v150 = i64.mul v145, v149
;;   39:  v151 = i64.add v134, v150
;;   39:  v152 = i64.const 1
;;   39:  v153 = i64.add v145, v152
;;   56:  v154 = i32.add v0, v144
;;   5b:  v155 = i32.add v0, v144
;;   5c:  v156 = i32.load16_u memory0[v148] group0
;;   63:  v157 = i32.add v141, v144
;;   64:  v158 = i32.load16_u memory0[v151] group1
;;   67:  v159 = i32.add v156, v158
;;   68:  i32.store16 memory0[v148] group0, v159
;;   6d:  v160 = i32.const 2
;;   6f:  v161 = i32.add v144, v160
;;   74:  v162 = i32.ne v161, v6
;;   75:  v163 = i64.ne v145, v51
;;   75:  branch v163, block5(v161, v153), block6
;; block6:
;;   78:  jump block7(v161)
;; block7(v164: i32):
;;   7b:  v165 = i32.const 1
;;   7d:  v166 = i32.and v2, v165
;;   7e:  branch v166, block8, block9
;; block8:
;;   84:  v167 = i32.add v0, v164
;;   89:  v168 = i32.add v141, v164
;;   8a:  v169 = i32.load8_u memory0[v136] group2
;;   8d:  i32.store8 memory0[v108] group0, v169
;;   90:  jump block9
;; block9:
;;   93:  v170 = i32.const 1
;;   95:  v171 = i32.add v131, v170
;;   9a:  v172 = i32.lt_u v171, v3
;;   9b:  v173 = i64.ne v132, v39
;;   9b:  branch v173, block3(v171, v138), block21
;; block10(v7: i32):
;;   39:  v8 = i32.const 0
;;   43:  v9 = i32.mul v7, v2
;;   44:  v10 = i32.add v1, v9
;;   4b:  v11 = i32.const 1
;;   4d:  v12 = i32.eq v2, v11
;;   4e:  branch v12, block18(v8), block11
;; block11:
;;   50:  jump block12(v8)
;; block12(v175: i32):
;;   56:  v176 = i32.const -2
;;   56:  v177 = i32.add v6, v176
;;   56:  v178 = i64.extend_i32_u v177
;;   56:  v179 = i64.const 2
;;   56:  v180 = i64.rem_u v178, v179
;;   56:  v181 = i64.const 0
;;   56:  v182 = i64.eq v180, v181
;;   56:  v183 = i64.const 2
;;   56:  v184 = i64.div_u v178, v183
;;   56:  v185 = i64.extend_i32_u v0
;;   56:  v186 = i64.const 2
;;   56:  v187 = i64.mul v184, v186
;;   56:  v188 = i64.add v185, v187
;;   56:  v189 = i64.const 2
;;   56:  v190 = i64.add v188, v189
;;   56:  v191 = memory.length memory0
;;   56:  v192 = i64.le_u v190, v191
;;   56:  v193 = i32.and v182, v192
;;   56:  v194 = i64.extend_i32_u v10
;;   56:  v195 = i64.const 2
;;   56:  v196 = i64.mul v184, v195
;;   56:  v197 = i64.add v194, v196
;;   56:  v198 = i64.const 2
;;   56:  v199 = i64.add v197, v198
;;   56:  v200 = i64.le_u v199, v191
;;   56:  v201 = i32.and v193, v200
;;   56:  v202 = i64.le_u v190, v194
;;   56:  v203 = i64.le_u v199, v185
;;   56:  v204 = i32.or v202, v203
;;   56:  v205 = i32.and v201, v204
;;   56:  v206 = likely v205
;;   56:  branch v206, block13, block15(v175)
;; block13:
;;   56:  effect_barrier
;;   56:  v207 = i64.const 0
;;   56:  jump block14(v175, v207)
;; block14(v208: i32, v209: i64):
;;   56:  v210 = i64.const 2
;;   56:  v211 = i64.mul v209, v210
;;   56:  v212 = i64.add v185, v211
;;   56:  v213 = i64.const 2
;;   56:  v214 = i64.mul v209, v213
;;   56:  v215 = i64.add v194, v214
;;   56:  v216 = i64.const 1
;;   56:  v217 = i64.add v209, v216
;;   56:  v218 = i32.add v0, v208
;;   5b:  v219 = i32.add v0, v208
;;   5c:  v220 = i32.load16_u memory0[v212] group3
;;   63:  v221 = i32.add v10, v208
;;   64:  v222 = i32.load16_u memory0[v215] group4
;;   67:  v223 = i32.add v220, v222
;;   68:  i32.store16 memory0[v212] group3, v223
;;   6d:  v224 = i32.const 2
;;   6f:  v225 = i32.add v208, v224
;;   74:  v226 = i32.ne v225, v6
;;   75:  v227 = i64.ne v209, v184
;;   75:  branch v227, block14(v225, v217), block16(v225)
;; block15(v13: i32):
;;   56:  v14 = i32.add v0, v13
;;   5b:  v15 = i32.add v0, v13
;;   5c:  v16 = i32.load16_u memory0[v15]
;;   63:  v17 = i32.add v10, v13
;;   64:  v18 = i32.load16_u memory0[v17]
;;   67:  v19 = i32.add v16, v18
;;   68:  i32.store16 memory0[v14], v19
;;   6d:  v20 = i32.const 2
;;   6f:  v21 = i32.add v13, v20
;;   74:  v22 = i32.ne v21, v6
;;   75:  branch v22, block15(v21), block16(v21)
;; block16(v174: i32):
;;   75:  effect_barrier
;;   75:  jump block17
;; block17:
;;   78:  jump block18(v174)
;; block18(v23: i32):
;;   7b:  v24 = i32.const 1
;;   7d:  v25 = i32.and v2, v24
;;   7e:  branch v25, block19, block20
;; block19:
;;   84:  v26 = i32.add v0, v23
;;   89:  v27 = i32.add v10, v23
;;   8a:  v28 = i32.load8_u memory0[v27]
;;   8d:  i32.store8 memory0[v26], v28
;;   90:  jump block20
;; block20:
;;   93:  v29 = i32.const 1
;;   95:  v30 = i32.add v7, v29
;;   9a:  v31 = i32.lt_u v30, v3
;;   9b:  branch v31, block10(v30), block21
;; block21:
;;   9b:  effect_barrier
;;   9b:  jump block22
;; block22:
;;   9e:  return
;; }
;; function func1"triangle" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   a0:  v2 = i32.const 0
;;   a3:  jump block1(v2)
;; block1(v3: i32):
;;   a5:  v4 = i32.const 0
;;   a9:  jump block2(v4)
;; block2(v14: i32):
;;   af:  v15 = i32.const -1
;;   af:  v16 = i32.add v3, v15
;;   af:  v17 = i64.extend_i32_u v16
;;   af:  v18 = i64.extend_i32_u v0
;;   af:  v19 = i64.add v18, v17
;;   af:  v20 = i64.const 1
;;   af:  v21 = i64.add v19, v20
;;   af:  v22 = memory.length memory0
;;   af:  v23 = i64.le_u v21, v22
;;   af:  v24 = likely v23
;;   af:  branch v24, block3, block5(v14)
;; block3:
;;   af:  effect_barrier
;;   af:  v25 = i64.const 0
;;   af:  jump block4(v14, v25)
;; block4(v26: i32, v27: i64):
;;   af:  v28 = i64.add v18, v27
;;   af:  v29 = i64.const 1
;;   af:  v30 = i64.add v27, v29
;;   af:  v31 = i32.add v0, v26
;;   b0:  v32 = i32.const 1
;;   b2:  i32.store8 memory0[v28] group0, v32
;;   b7:  v33 = i32.const 1
;;   b9:  v34 = i32.add v26, v33
;;   be:  v35 = i32.ne v34, v3
;;   bf:  v36 = i64.ne v27, v17
;;   bf:  branch v36, block4(v34, v30), block6
;; block5(v5: i32):
;;   af:  v6 = i32.add v0, v5
;;   b0:  v7 = i32.const 1
;;   b2:  i32.store8 memory0[v6], v7
;;   b7:  v8 = i32.const 1
;;   b9:  v9 = i32.add v5, v8
;;   be:  v10 = i32.ne v9, v3
;;   bf:  branch v10, block5(v9), block6
;; block6:
;;   bf:  effect_barrier
;;   bf:  jump block7
;; block7:
;;   c4:  v11 = i32.const 1
;;   c6:  v12 = i32.add v3, v11
;;   cb:  v13 = i32.lt_u v12, v1
;;   cc:  branch v13, block1(v12), block8
;; block8:
;;   cf:  return
;; }
;; function func2"in_place" (i32, i32, i32) -> () {
;; block0(v0: i32, v1: i32, v2: i32):
;;   0d1:  v3 = i32.const 0
;;   0d4:  jump block1(v0, v3)
;; block1(v4: i32, v5: i32):
;;   0d6:  v6 = i32.const 0
;;   0da:  jump block2(v6)
;; block2(v19: i32):
;;   0e0:  v20 = i32.const -1
;;   0e0:  v21 = i32.add v2, v20
;;   0e0:  v22 = i64.extend_i32_u v21
;;   0e0:  v23 = i32.add v1, v4
;;   0e0:  v24 = i64.extend_i32_u v23
;;   0e0:  v25 = i64.add v24, v22
;;   0e0:  v26 = i64.const 1
;;   0e0:  v27 = i64.add v25, v26
;;   0e0:  v28 = memory.length memory0
;;   0e0:  v29 = i64.le_u v27, v28
;;   0e0:  v30 = i64.extend_i32_u v4
;;   0e0:  v31 = i64.add v30, v22
;;   0e0:  v32 = i64.const 1
;;   0e0:  v33 = i64.add v31, v32
;;   0e0:  v34 = i64.le_u v33, v28
;;   0e0:  v35 = i32.and v29, v34
;;   0e0:  v36 = i64.le_u v27, v30
;;   0e0:  v37 = i64.le_u v33, v24
;;   0e0:  v38 = i32.or v36, v37
;;   0e0:  v39 = i32.and v35, v38
;;   0e0:  v40 = likely v39
;;   0e0:  branch v40, block3, block5(v19)
;; block3:
;;   0e0:  effect_barrier
;;   0e0:  v41 = i64.const 0
;;   0e0:  jump block4(v19, v41)
;; block4(v42: i32, v43: i64):
;;   0e0:  v44 = i64.add v24, v43
;;   0e0:  v45 = i64.add v30, v43
;;   0e0:  v46 = i64.const 1
;;   0e0:  v47 = i64.add v43, v46
;;   0e0:  v48 = i32.add v4, v42
;;   0e5:  v49 = i32.add v4, v1
;;   0e8:  v50 = i32.add v49, v42
;;   0e9:  v51 = i32.load8_u memory0[v44] group0
;;   0ec:  i32.store8 memory0[v45] group1, v51
;;   0f1:  v52 = i32.const 1
;;   0f3:  v53 = i32.add v42, v52
;;   0f8:  v54 = i32.ne v53, v2
;;   0f9:  v55 = i64.ne v43, v22
;;   0f9:  branch v55, block4(v53, v47), block6
;; block5(v7: i32):
;;   0e0:  v8 = i32.add v4, v7
;;   0e5:  v9 = i32.add v4, v1
;;   0e8:  v10 = i32.add v9, v7
;;   0e9:  v11 = i32.load8_u memory0[v10]
;;   0ec:  i32.store8 memory0[v8], v11
;;   0f1:  v12 = i32.const 1
;;   0f3:  v13 = i32.add v7, v12
;;   0f8:  v14 = i32.ne v13, v2
;;   0f9:  branch v14, block5(v13), block6
;; block6:
;;   0f9:  effect_barrier
;;   0f9:  jump block7
;; block7:
;;   100:  v15 = i32.add v4, v1
;;   105:  v16 = i32.const 1
;;   107:  v17 = i32.add v5, v16
;;   10c:  v18 = i32.lt_u v17, v2
;;   10d:  branch v18, block1(v15, v17), block8
;; block8:
;;   110:  return
;; }
