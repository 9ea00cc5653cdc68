from django.db import migrations


def move(apps, schema_editor):
    """Give each order the delivery it would have had: with its state, so that nothing is sent twice."""
    message_of = apps.get_model('outbox', 'Message').objects
    delivery_of = apps.get_model('outbox', 'Delivery').objects
    for order in apps.get_model('contracts', 'CartridgeOrder').objects.filter(delivery=None).iterator():
        lines = '; '.join(f"{line['name']} × {line['quantity']}" for line in order.lines)
        message, _new = message_of.get_or_create(
            key=f'order-{order.request_key}',
            defaults={
                'kind': 'order', 'subject': 'Заявка на картридж', 'text': '\n'.join(part for part in (lines, order.comment) if part),
                'reply_to': order.reply_to, 'requested_by_id': order.requested_by_id, 'created_at': order.created_at,
            },
        )
        # A worker that is sending while this runs may get its mail out: nobody can know.
        state = 'lost' if order.state == 'running' else order.state
        ended = None if state == 'queued' else order.sent_at or order.created_at
        order.delivery, _new = delivery_of.get_or_create(
            message=message, channel='mail', address=order.recipient,
            defaults={'state': state, 'reason': order.reason, 'attempt': order.attempt, 'ended_at': ended},
        )
        order.save(update_fields=['delivery'])


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0006_order_delivery'),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
