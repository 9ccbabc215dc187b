print("deepinside")
