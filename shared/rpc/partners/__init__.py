"""Wire definitions of the partners' doors."""
