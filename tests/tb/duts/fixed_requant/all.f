+incdir+inc
+define+LEAST=0
fixed_requant.sv
