"""A density written once, over a module of operations ``m``, and read four ways.

``def gamma(m, y, eta, shape)`` is arithmetic and operations of ``m``. Given
``arrays.Arrays`` it computes with NumPy, given ``tensors.Tensors`` it is a graph,
``python.kernel`` makes scalar Python with slopes of it for the native kernel, and
``text.definitions`` the functions of a script.
"""
