"""The only room that speaks HTTP and knows a vendor's words."""
